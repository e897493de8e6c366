#! /usr/bin/env atf-sh
# Other people's PKCS#11 programs list the tokens, read a certificate and sign.
# All as an ordinary user, with a database, a p11-kit and an NSS of his own.

# A store "web" with the entries www (RSA) and ec (EC), and the CA as a
# trusted root.
web_prepare()
{
  vecs_private
  unset OPENSSL_CONF
  make_ca || atf_fail "no CA"
  atf_check -o ignore vecs-cli store create --name web
  put_entry web www RSA || atf_fail "no entry www"
  put_entry web ec EC || atf_fail "no entry ec"
  atf_check -o ignore vecs-cli entry create --store TRUSTED_ROOTS --cert ca.crt
  echo data >data
  openssl x509 -in www.crt -noout -pubkey >www.pub
  openssl x509 -in ec.crt -noout -pubkey >ec.pub
}

# p11-kit with the project's module file and no other.
p11kit_prepare()
{
  XDG_CONFIG_HOME=$PWD/config
  export XDG_CONFIG_HOME
  mkdir -p config/pkcs11/modules
  echo 'user-config: only' >config/pkcs11/pkcs11.conf
  conf_fill vecs.module.in >config/pkcs11/modules/vecs.module
}

# id_of LABEL: the CKA_ID of an entry's key.  OpenSC's sign knows no label.
id_of()
{
  pkcs11-tool --module "$module" --token-label web --list-objects \
    --type pubkey 2>/dev/null |
    awk -v label="$1" '$1 == "label:" { found = ($2 == label) }
      found && $1 == "ID:" { print $2; exit }'
}

verified()
{
  atf_check -o match:'Verified OK' openssl dgst -sha256 \
    -verify "$1.pub" -signature sig data
}

unprivileged_case()
{
  eval "${1}_head() { atf_set require.user unprivileged; }"
}

atf_test_case pkcs11_tool__lists_and_reads
unprivileged_case pkcs11_tool__lists_and_reads
pkcs11_tool__lists_and_reads_body()
{
  web_prepare
  atf_check -o match:'token label +: web' -o match:'label +: MACHINE_SSL_CERT' \
    pkcs11-tool --module "$module" --list-token-slots
  atf_check -o match:'label: +www' -o match:'label: +ec' \
    -e ignore pkcs11-tool --module "$module" --token-label web --list-objects
  atf_check -o ignore -e ignore pkcs11-tool --module "$module" \
    --token-label web --read-object --type cert --label www --output-file read
  openssl x509 -in www.crt -outform DER -out www.der
  atf_check cmp www.der read
}

atf_test_case pkcs11_tool__signs
unprivileged_case pkcs11_tool__signs
pkcs11_tool__signs_body()
{
  web_prepare
  atf_check -e ignore -o ignore pkcs11-tool --module "$module" \
    --token-label web --sign --mechanism SHA256-RSA-PKCS \
    --id "$(id_of www)" --input-file data --output-file sig
  verified www
  # A login is accepted where none is needed.
  atf_check -e ignore -o ignore pkcs11-tool --module "$module" --login \
    --pin 1234 --token-label web --sign --mechanism ECDSA-SHA256 \
    --signature-format openssl --id "$(id_of ec)" --input-file data \
    --output-file sig
  verified ec
}

atf_test_case pkcs11_tool__generates
unprivileged_case pkcs11_tool__generates
pkcs11_tool__generates_body()
{
  web_prepare
  atf_check -e ignore -o ignore pkcs11-tool --module "$module" \
    --token-label web --keypairgen --key-type EC:prime256v1 --label made --id 07
  atf_check -e ignore -o ignore pkcs11-tool --module "$module" \
    --token-label web --read-object --type pubkey --label made \
    --output-file made.der
  openssl pkey -pubin -inform DER -in made.der -out made.pub
  atf_check -e ignore -o ignore pkcs11-tool --module "$module" \
    --token-label web --sign --mechanism ECDSA-SHA256 \
    --signature-format openssl --id 07 --input-file data --output-file sig
  verified made
  atf_check -o match:made vecs-cli entry list --store web --aliases
}

# The index of the slot whose token waits to be initialised.
empty_slot()
{
  pkcs11-tool --module "$module" --list-slots 2>/dev/null |
    awk '/^Slot / { slot = $3; gsub(/[():]/, "", slot) }
      /token state: +uninitialized/ { print slot }' | head -n 1
}

atf_test_case pkcs11_tool__token_with_pin
unprivileged_case pkcs11_tool__token_with_pin
pkcs11_tool__token_with_pin_body()
{
  vecs_private
  unset OPENSSL_CONF
  atf_check -o ignore vecs-cli store list
  atf_check -e ignore -o match:initialized pkcs11-tool --module "$module" \
    --init-token --slot "$(empty_slot)" --label hsm --so-pin 12345678
  atf_check -e ignore -o match:initialized pkcs11-tool --module "$module" \
    --token-label hsm --login --login-type so --so-pin 12345678 \
    --init-pin --new-pin 87654321
  atf_check -e ignore -o ignore pkcs11-tool --module "$module" \
    --token-label hsm --login --pin 87654321 --keypairgen --key-type rsa:2048 \
    --label key --id 01
  echo data >data
  atf_check -e ignore -o ignore pkcs11-tool --module "$module" \
    --token-label hsm --login --pin 87654321 --sign --id 01 \
    --mechanism SHA256-RSA-PKCS --input-file data --output-file sig
  atf_check -e ignore -o ignore pkcs11-tool --module "$module" \
    --token-label hsm --read-object --type pubkey --label key \
    --output-file key.der
  openssl pkey -pubin -inform DER -in key.der -out key.pub
  verified key
  atf_check -s not-exit:0 -o ignore -e match:CKR_PIN_INCORRECT pkcs11-tool \
    --module "$module" --token-label hsm --login --pin wrong-pin --list-objects
  # Without a login the private key is not there, and the public one is.
  atf_check -e ignore -o not-match:'Private Key' -o match:'Public Key' \
    pkcs11-tool --module "$module" --token-label hsm --list-objects
}

atf_test_case p11tool__lists_and_reads
unprivileged_case p11tool__lists_and_reads
p11tool__lists_and_reads_body()
{
  web_prepare
  p11kit_prepare
  atf_check -o match:'Label: web' -o match:'Label: TRUSTED_ROOTS' \
    p11tool --list-tokens
  atf_check -o match:'Label: www' -o match:'Label: ec' \
    p11tool --list-all-certs 'pkcs11:token=web'
  atf_check -o save:read.pem p11tool --export \
    'pkcs11:token=web;object=www;type=cert'
  openssl x509 -in www.crt -outform DER -out www.der
  openssl x509 -in read.pem -outform DER -out read.der
  atf_check cmp www.der read.der
}

atf_test_case p11tool__signs
unprivileged_case p11tool__signs
p11tool__signs_body()
{
  local name
  web_prepare
  p11kit_prepare
  echo 'cn = "request"' >template
  for name in www ec; do
    atf_check -o ignore -e match:ok p11tool --test-sign \
      "pkcs11:token=web;object=$name;type=private"
    # A request by GnuTLS, signed in the token, verified by OpenSSL.
    atf_check -o ignore -e ignore certtool --generate-request \
      --template template --outfile request \
      --load-privkey "pkcs11:token=web;object=$name;type=private" \
      --load-pubkey "pkcs11:token=web;object=$name;type=public"
    openssl req -in request -noout -verify >verify 2>&1 ||
      atf_fail "$(cat verify)"
    atf_check -o match:OK cat verify
    openssl req -in request -noout -pubkey >request.pub
    atf_check cmp "$name.pub" request.pub
  done
}

atf_test_case trust__sees_the_anchor
unprivileged_case trust__sees_the_anchor
trust__sees_the_anchor_body()
{
  web_prepare
  p11kit_prepare
  trust list --filter=ca-anchors >anchors || atf_fail "trust list failed"
  atf_check -o match:'trust: anchor' -o match:'category: authority' cat anchors
  atf_check_equal 1 "$(grep -c '^pkcs11:' anchors)"
  # The anchor is the CA, and its leaf is none.
  trust extract --format=pem-bundle --filter=ca-anchors bundle ||
    atf_fail "trust extract failed"
  openssl x509 -in bundle -outform DER -out bundle.der
  openssl x509 -in ca.crt -outform DER -out ca.der
  atf_check cmp ca.der bundle.der
}

atf_test_case gnutls__trusts_the_anchor
unprivileged_case gnutls__trusts_the_anchor
gnutls__trusts_the_anchor_body()
{
  web_prepare
  p11kit_prepare
  atf_check -e ignore -o match:'Chain verification output: Verified' \
    certtool --verify --load-ca-certificate 'pkcs11:token=TRUSTED_ROOTS' \
    --infile www.crt
}

nss_prepare()
{
  mkdir nss
  atf_check certutil -N -d sql:nss --empty-password
  atf_check -o ignore -e ignore modutil -dbdir sql:nss -add vecs \
    -libfile "$module" -force
  # NSS prompts for a PIN when it believes that one is needed.
  echo 1234 >pin
}

atf_test_case nss__lists_and_reads
unprivileged_case nss__lists_and_reads
nss__lists_and_reads_body()
{
  web_prepare
  nss_prepare
  atf_check -o match:'token: web' -o match:'token: TRUSTED_ROOTS' \
    certutil -U -d sql:nss
  atf_check -o match:'^web:www .*u,u,u' -o match:'^web:ec .*u,u,u' \
    certutil -L -d sql:nss -h web -f pin
  atf_check -e ignore -o match:'rsa .*www' -o match:'ec .*ec' \
    certutil -K -d sql:nss -h web -f pin
  atf_check -o save:read.pem certutil -L -d sql:nss -n web:www -a -f pin
  openssl x509 -in www.crt -outform DER -out www.der
  openssl x509 -in read.pem -outform DER -out read.der
  atf_check cmp www.der read.der
}

atf_test_case nss__signs
unprivileged_case nss__signs
nss__signs_body()
{
  local name
  web_prepare
  nss_prepare
  atf_check certutil -A -d sql:nss -n ca -t CT,C,C -i ca.crt
  for name in www ec; do
    atf_check -o match:'certificate is valid' certutil -V -d sql:nss -u V \
      -n "web:$name" -f pin
    atf_check -e ignore cmsutil -S -d sql:nss -N "web:$name" -f pin \
      -i data -o data.p7
    atf_check -o inline:"data\n" -e match:successful openssl cms -verify \
      -inform DER -in data.p7 -CAfile ca.crt -purpose any
  done
}

atf_test_case pykcs11__lists_reads_signs
unprivileged_case pykcs11__lists_reads_signs
pykcs11__lists_reads_signs_body()
{
  web_prepare
  atf_check -o save:out /usr/bin/python3 \
    "$(source_root)/tests/clients_pykcs11.py" "$module" web www
  atf_check -o match:'^web$' -o match:'^TRUSTED_ROOTS$' cat out
  openssl x509 -in www.crt -outform DER -out www.der
  atf_check cmp www.der read
  verified www
}

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  atf_add_test_case pkcs11_tool__lists_and_reads
  atf_add_test_case pkcs11_tool__signs
  atf_add_test_case pkcs11_tool__generates
  atf_add_test_case pkcs11_tool__token_with_pin
  atf_add_test_case p11tool__lists_and_reads
  atf_add_test_case p11tool__signs
  atf_add_test_case trust__sees_the_anchor
  atf_add_test_case gnutls__trusts_the_anchor
  atf_add_test_case nss__lists_and_reads
  atf_add_test_case nss__signs
  atf_add_test_case pykcs11__lists_reads_signs
}
