#! /usr/bin/env atf-sh
# OpenSC's pkcs11-tool takes the same steps on SoftHSM2 and on ours.


# files: a text, its SHA-256, and an IV in hexadecimal.
files()
{
  echo 'some data' >data
  openssl dgst -sha256 -binary data >digest
  iv=000102030405060708090a0b0c0d0e0f
}

# verified NAME ARGUMENT...: OpenSSL accepts the signature sig of data.
verified()
{
  local name=$1
  shift
  atf_check -o match:'Verified OK' openssl dgst -sha256 -verify "$name.pub" \
    "$@" -signature sig data
}

# own_tests ARGUMENT...: the client's own tests, which find no error.
own_tests()
{
  p11_user "$@" >own.out 2>&1 </dev/null || fails "pkcs11-tool $*" own.out
  atf_check -s exit:1 grep -E '^ERR|ERR:|[1-9][0-9]* errors' own.out
}

test_steps()
{
  key_pair EC:prime256v1 02 ec --usage-sign
  atf_check -o match:'No errors' -e ignore pkcs11-tool --module "$module" \
    --token-label token --test
  own_tests --test
  atf_check -o match:'all 4 digest functions seem to work' \
    -o not-match:'not supported' -o match:'^No errors' cat own.out
}

# The slots are listed once, and no event is waited for.
hotplug_steps()
{
  printf '\nx\nx\n' >answers
  pkcs11-tool --module "$module" --test-hotplug >hotplug.out 2>&1 <answers ||
    fails "pkcs11-tool --test-hotplug" hotplug.out
  atf_check -o match:'C_GetSlotList' -o match:'token label +: token' \
    -o match:'C_WaitForSlotEvent' cat hotplug.out
}

# SoftHSM2 knows no events: here a token that another process makes is one.
hotplug_event_steps()
{
  local turn
  printf 'x\n\nx\n' >answers
  pkcs11-tool --module "$module" --test-hotplug >hotplug.out 2>&1 <answers &
  echo $! >hotplug.pid
  for turn in 1 2 3 4 5 6 7 8 9; do
    sleep 0.2
    alive "$(cat hotplug.pid)" || break
    token_make "new $turn"
  done
  wait_for 10 ended hotplug.pid || stop_pid hotplug.pid
  atf_check -o match:'C_WaitForSlotEvent' -o match:'token label +: new' \
    cat hotplug.out
}

ended()
{
  ! alive "$(cat "$1")"
}

signature_steps()
{
  files
  key_pair rsa:2048 01 rsa --usage-sign
  key_pair EC:prime256v1 02 ec --usage-sign
  check_p11 --sign --id 01 --mechanism SHA256-RSA-PKCS --input-file data \
    --output-file sig
  verified rsa
  atf_check -o match:'Signature is valid' -e ignore pkcs11-tool \
    --module "$module" --token-label token --verify --id 01 \
    --mechanism SHA256-RSA-PKCS --input-file data --signature-file sig
  check_p11 --sign --id 01 --mechanism SHA256-RSA-PKCS-PSS --input-file data \
    --output-file sig
  verified rsa -sigopt rsa_padding_mode:pss
  check_p11 --sign --id 01 --mechanism RSA-PKCS-PSS --hash-algorithm SHA256 \
    --input-file digest --output-file sig
  verified rsa -sigopt rsa_padding_mode:pss
  check_p11 --sign --id 02 --mechanism ECDSA --signature-format openssl \
    --input-file digest --output-file sig
  verified ec
  check_p11 --verify --id 02 --mechanism ECDSA --signature-format openssl \
    --input-file digest --signature-file sig
  # A signature of other data is found out.
  echo 'other data' | openssl dgst -sha256 -binary >other
  atf_check -o not-match:'Signature is valid' -e ignore -s ignore pkcs11-tool \
    --module "$module" --token-label token --login --pin 1234 --verify \
    --id 02 --mechanism ECDSA --signature-format openssl \
    --input-file other --signature-file sig
}

eddsa_steps()
{
  files
  key_pair EC:edwards25519 03 ed --usage-sign
  check_p11 --sign --id 03 --mechanism EDDSA --input-file data \
    --output-file sig
  atf_check -o match:'Verified Successfully' openssl pkeyutl -verify -rawin \
    -pubin -inkey ed.pub -in data -sigfile sig
}

decryption_steps()
{
  files
  key_pair rsa:2048 01 rsa --usage-decrypt
  openssl pkeyutl -encrypt -pubin -inkey rsa.pub -in data -out secret
  check_p11 --decrypt --id 01 --mechanism RSA-PKCS --input-file secret \
    --output-file plain
  atf_check cmp data plain
  openssl pkeyutl -encrypt -pubin -inkey rsa.pub -in data -out secret \
    -pkeyopt rsa_padding_mode:oaep
  check_p11 --decrypt --id 01 --mechanism RSA-PKCS-OAEP --mgf MGF1-SHA1 \
    --hash-algorithm SHA-1 --input-file secret --output-file plain
  atf_check cmp data plain
}

# What the token encrypts, OpenSSL decrypts, and the other way round.
secret_key_steps()
{
  files
  openssl rand 32 >key
  check_p11 --write-object key --type secrkey --key-type AES:32 --id 05 \
    --label aes --extractable
  check_p11 --encrypt --id 05 --mechanism AES-CBC-PAD --iv $iv \
    --input-file data --output-file secret
  hex=$(od -An -v -tx1 key | tr -d ' \n')
  openssl enc -d -aes-256-cbc -K "$hex" -iv $iv -in secret -out plain
  atf_check cmp data plain
  openssl enc -aes-256-cbc -K "$hex" -iv $iv -in digest -out secret
  check_p11 --decrypt --id 05 --mechanism AES-CBC-PAD --iv $iv \
    --input-file secret --output-file plain
  atf_check cmp digest plain
  check_p11 --encrypt --id 05 --mechanism AES-ECB --input-file digest \
    --output-file secret
  openssl enc -d -aes-256-ecb -nopad -K "$hex" -in secret -out plain
  atf_check cmp digest plain
  check_p11 --keygen --key-type GENERIC:32 --id 06 --label hmac --extractable
  check_p11 --read-object --type secrkey --id 06 --output-file key
  check_p11 --sign --id 06 --mechanism SHA256-HMAC --input-file data \
    --output-file mac
  hex=$(od -An -v -tx1 key | tr -d ' \n')
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$hex" -binary data >expected
  atf_check cmp expected mac
}

# A key wrapped under RSA comes back and encrypts as before.
wrapping_steps()
{
  files
  key_pair rsa:2048 01 rsa --usage-decrypt --usage-wrap
  check_p11 --keygen --key-type AES:16 --id 07 --label inner --extractable
  check_p11 --wrap --mechanism RSA-PKCS --id 01 --application-id 07 \
    --output-file wrapped
  check_p11 --unwrap --mechanism RSA-PKCS --id 01 --application-id 08 \
    --key-type AES: --extractable --input-file wrapped
  check_p11 --read-object --type secrkey --id 07 --output-file before
  check_p11 --read-object --type secrkey --id 08 --output-file after
  atf_check -s not-exit:0 test ! -s before
  atf_check cmp before after
  check_p11 --encrypt --id 08 --mechanism AES-ECB --input-file digest \
    --output-file secret
  hex=$(od -An -v -tx1 before | tr -d ' \n')
  openssl enc -d -aes-128-ecb -nopad -K "$hex" -in secret -out plain
  atf_check cmp digest plain
}

key_wrap_steps()
{
  check_p11 --keygen --key-type AES:32 --id 06 --label outer --extractable \
    --usage-wrap
  check_p11 --keygen --key-type AES:16 --id 07 --label inner --extractable
  check_p11 --wrap --mechanism AES-KEY-WRAP --id 06 --application-id 07 \
    --output-file wrapped
  check_p11 --read-object --type secrkey --id 06 --output-file outer
  check_p11 --read-object --type secrkey --id 07 --output-file inner
  openssl enc -id-aes256-wrap -e -K "$(od -An -v -tx1 outer | tr -d ' \n')" \
    -iv a6a6a6a6a6a6a6a6 -in inner -out expected ||
    atf_fail "OpenSSL does not wrap"
  atf_check cmp expected wrapped
}

derivation_steps()
{
  key_pair EC:prime256v1 04 ec --usage-derive
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out peer.key
  openssl pkey -in peer.key -pubout -outform DER -out peer.der
  openssl pkeyutl -derive -inkey peer.key -peerkey ec.pub -out expected
  check_p11 --derive --mechanism ECDH1-DERIVE --id 04 --input-file peer.der \
    --output-file derived
  atf_check cmp expected derived
}

object_steps()
{
  files
  openssl req -x509 -newkey rsa:2048 -nodes -keyout own.key -subj /CN=own \
    -days 30 -outform DER -out own.crt 2>openssl.log
  openssl pkey -in own.key -outform DER -out own.der
  openssl pkey -in own.key -pubout -outform DER -out own.pub.der
  openssl pkey -in own.key -pubout -out own.pub
  check_p11 --write-object own.crt --type cert --id 0a --label own
  check_p11 --write-object own.der --type privkey --id 0a --label own \
    --usage-sign
  check_p11 --write-object own.pub.der --type pubkey --id 0a --label own
  check_p11 --write-object data --type data --label note --private \
    --application-label app
  check_p11 --read-object --type cert --label own --output-file read
  atf_check cmp own.crt read
  check_p11 --read-object --type pubkey --id 0a --output-file read
  atf_check cmp own.pub.der read
  check_p11 --read-object --type data --application-label app \
    --output-file read
  atf_check cmp data read
  check_p11 --sign --id 0a --mechanism SHA256-RSA-PKCS --input-file data \
    --output-file sig
  verified own
  # Without the login the public objects alone are there.
  atf_check -e ignore -o match:'Certificate Object' -o match:'Public Key' \
    -o not-match:'Private Key' -o not-match:'Data object' \
    pkcs11-tool --module "$module" --token-label token --list-objects
  check_p11 --set-id 0b --type privkey --id 0a
  atf_check -e ignore -o match:'ID: +0b' pkcs11-tool --module "$module" \
    --token-label token --login --pin 1234 --list-objects --type privkey
  check_p11 --delete-object --type privkey --id 0b
  atf_check -e ignore -o not-match:'Private Key' pkcs11-tool \
    --module "$module" --token-label token --login --pin 1234 --list-objects
}

pin_steps()
{
  check_p11 --write-object "$(source_root)/COPYING" --type data --private \
    --label note
  check_p11 --change-pin --new-pin 123456
  atf_check -s not-exit:0 -o ignore -e match:CKR_PIN_INCORRECT pkcs11-tool \
    --module "$module" --token-label token --login --pin 1234 --list-objects
  atf_check -e ignore -o match:note pkcs11-tool --module "$module" \
    --token-label token --login --pin 123456 --list-objects
  # The SO gives the user a new PIN; the private objects stay.
  atf_check -e ignore -o match:initialized pkcs11-tool --module "$module" \
    --token-label token --login --login-type so --so-pin 5678 --init-pin \
    --new-pin 4321
  atf_check -e ignore -o match:note pkcs11-tool --module "$module" \
    --token-label token --login --pin 4321 --list-objects
  # Made anew, the token is empty.
  atf_check -e ignore -o match:initialized pkcs11-tool --module "$module" \
    --token-label token --init-token --label token --so-pin 5678
  atf_check -e ignore -o match:'label +: token' -o not-match:'user PIN' \
    pkcs11-tool --module "$module" --list-token-slots
}

small_steps()
{
  files
  check_p11 --hash --mechanism SHA256 --input-file data --output-file hash
  atf_check cmp digest hash
  check_p11 --generate-random 32 --output-file random
  atf_check_equal 32 "$(wc -c <random)"
  atf_check -e ignore -o match:'Cryptoki version' pkcs11-tool \
    --module "$module" --show-info
}

# What the client tests of hardware only, if not told otherwise; SoftHSM2 has
# no OAEP with a label.
test_software_steps()
{
  key_pair rsa:2048 01 rsa --usage-sign --usage-decrypt
  own_tests --test --allow-sw
  atf_check -o match:'testing key 0 \(rsa\)' -o match:'^ +RSA-PKCS: OK' \
    -o match:'^ +SHA256-RSA-PKCS: OK' -o match:'RSA-PKCS-OAEP' \
    -o match:'^No errors' cat own.out
}

atf_test_case test_ec
test_ec_body()
{
  on_ours test_ec_steps
}
test_ec_steps()
{
  local curve
  for curve in prime256v1 secp384r1 secp521r1; do
    own_tests --test-ec --allow-sw --session-rw --id 05 --label ec \
      --key-type "EC:$curve"
    atf_check -o match:'Key pair generated' -o match:'Doing a signature' \
      cat own.out
  done
}

fork_steps()
{
  atf_check -e ignore -o match:'C_Initialize in forked child' pkcs11-tool \
    --module "$module" --token-label token --test-fork
}

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  case_on_both test
  case_on_ours test_software
  atf_add_test_case test_ec
  case_on_both hotplug
  case_on_ours hotplug_event
  case_on_both signature
  case_on_both eddsa
  case_on_both decryption
  case_on_both secret_key
  case_on_both wrapping
  case_on_both key_wrap
  case_on_both derivation
  case_on_both object
  case_on_both pin
  case_on_both small
  case_on_ours fork
  case_on_store signature
  case_on_store decryption
  case_on_store secret_key
}
