#! /usr/bin/env atf-sh
# GnuTLS's p11tool, certtool and gnutls-serv use keys of a token.

url='pkcs11:token=token'

pins()
{
  GNUTLS_PIN=1234 GNUTLS_SO_PIN=5678
  export GNUTLS_PIN GNUTLS_SO_PIN
}

# check_tool PROGRAM ARGUMENT...: p11tool or certtool on the module, which must
# succeed; what it prints is in tool.out.
check_tool()
{
  local program=$1
  shift
  pins
  "$program" --provider "$module" "$@" >tool.out 2>tool.err </dev/null ||
    fails "$program $*" tool.err tool.out
}

# Two key pairs made by p11tool, their public keys in rsa.pub and ec.pub.
keys_prepare()
{
  check_tool p11tool --login --generate-privkey=rsa --bits 2048 --label rsa \
    --id 01 --outfile rsa.pub "$url"
  check_tool p11tool --login --generate-privkey=ecdsa --curve secp256r1 \
    --label ec --id 02 --outfile ec.pub "$url"
}

generation_steps()
{
  local name
  keys_prepare
  for name in rsa ec; do
    check_tool p11tool --login --test-sign "$url;object=$name;type=private"
    atf_check -o match:'ok' cat tool.err
    # The public key of before, of the private key and of the token are one.
    openssl pkey -pubin -in "$name.pub" -out before.pub
    check_tool p11tool --login --export-pubkey --outfile again.pub \
      "$url;object=$name;type=private"
    atf_check -o file:before.pub openssl pkey -pubin -in again.pub
    check_tool p11tool --export --outfile again.pub \
      "$url;object=$name;type=public"
    atf_check -o file:before.pub openssl pkey -pubin -in again.pub
  done
  check_tool p11tool --login --test-sign --sign-params=rsa-pss --hash=sha256 \
    "$url;object=rsa;type=private"
  atf_check -o match:'RSA-PSS-SHA256.*ok' cat tool.err
}

eddsa_steps()
{
  key_pair EC:edwards25519 03 ed --usage-sign
  check_tool p11tool --login --test-sign --hash=sha512 \
    "$url;object=ed;type=private"
  atf_check -o match:'EdDSA-Ed25519.*ok' cat tool.err
}

objects_steps()
{
  openssl req -x509 -newkey rsa:2048 -nodes -keyout own.key -subj /CN=own \
    -days 30 -out own.crt 2>openssl.log
  openssl pkey -in own.key -pubout -out own.pub
  check_tool p11tool --login --write --load-privkey own.key --label own \
    --id 0a "$url"
  check_tool p11tool --login --write --load-pubkey own.pub --label own \
    --id 0a "$url"
  check_tool p11tool --login --write --load-certificate own.crt --label own \
    --id 0a "$url"
  check_tool p11tool --login --write \
    --secret-key 000102030405060708090a0b0c0d0e0f --label secret "$url"
  check_tool p11tool --login --list-all "$url"
  atf_check -o match:'Type: Private key \(RSA-2048\)' \
    -o match:'Type: Public key \(RSA-2048\)' -o match:'Type: X.509' \
    -o match:'Type: Secret key' cat tool.out
  atf_check_equal 4 "$(grep -c URL: tool.out)"
  # Without the login the private ones are not seen.
  check_tool p11tool --list-all "$url"
  atf_check_equal 2 "$(grep -c URL: tool.out)"
  check_tool p11tool --export --outfile read.crt "$url;object=own;type=cert"
  openssl x509 -in own.crt -outform DER -out own.der
  openssl x509 -in read.crt -outform DER -out read.der
  atf_check cmp own.der read.der
  check_tool p11tool --login --test-sign "$url;object=own;type=private"
  check_tool p11tool --login --set-id 0a0b "$url;object=own;type=private"
  check_tool p11tool --login --set-label new "$url;object=own;type=private"
  check_tool p11tool --login --list-privkeys "$url"
  atf_check -o match:'Label: new' -o match:'ID: 0a:0b' cat tool.out
  check_tool p11tool --login --batch --delete "$url;object=new;type=private"
  atf_check -s not-exit:0 -o empty -e match:'No matching objects' \
    p11tool --provider "$module" --login --list-privkeys "$url"
  check_tool p11tool --generate-random 20 --outfile random "$url"
  atf_check_equal 20 "$(wc -c <random)"
}

# Only the SO makes a certificate a trusted one.
trust_steps()
{
  make_ca || atf_fail "no CA"
  make_cert leaf EC || atf_fail "no certificate"
  check_tool p11tool --so-login --write --mark-trusted --mark-ca --label ca \
    --load-certificate ca.crt "$url"
  check_tool p11tool --list-all-trusted "$url"
  atf_check -o match:'Label: ca' -o match:CKA_TRUSTED cat tool.out
  check_tool certtool --verify --load-ca-certificate "$url;object=ca;type=cert" \
    --infile leaf.crt
  atf_check -o match:'Chain verification output: Verified' cat tool.out
}

token_steps()
{
  keys_prepare
  pins
  GNUTLS_NEW_SO_PIN=87654321
  export GNUTLS_NEW_SO_PIN
  check_tool p11tool --login --initialize-pin --set-pin 12345 "$url"
  GNUTLS_PIN=1234 p11tool --provider "$module" --login --list-privkeys \
    "$url" >list 2>&1 </dev/null
  atf_check -s exit:1 grep 'Label: rsa' list
  GNUTLS_PIN=12345 p11tool --provider "$module" --login --list-privkeys \
    "$url" >list 2>&1 </dev/null
  atf_check -o match:'Label: rsa' cat list
  # Made anew under another label, the token is empty.
  check_tool p11tool --initialize --label again --set-so-pin 5678 "$url"
  check_tool p11tool --list-tokens
  atf_check -o match:'Label: again' -o not-match:'Label: token$' cat tool.out
  atf_check -s not-exit:0 -o empty -e match:'No matching objects' \
    p11tool --provider "$module" --list-all 'pkcs11:token=again'
}

# A certification authority whose key never leaves the token.
authority_steps()
{
  local name private
  keys_prepare
  for name in rsa ec; do
    private="$url;object=$name;type=private"
    printf '%s\n' "cn = \"CA $name\"" ca cert_signing_key crl_signing_key \
      'expiration_days = 30' >ca.tmpl
    check_tool certtool --generate-self-signed --template ca.tmpl \
      --load-privkey "$private" --outfile ca.crt \
      --load-pubkey "$url;object=$name;type=public"
    atf_check -o inline:'ca.crt: OK\n' openssl verify -CAfile ca.crt ca.crt
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
      -keyout leaf.key -subj /CN=leaf -out leaf.csr 2>openssl.log
    printf '%s\n' 'cn = "leaf"' 'expiration_days = 20' signing_key >leaf.tmpl
    check_tool certtool --generate-certificate --template leaf.tmpl \
      --load-request leaf.csr --load-ca-certificate ca.crt \
      --load-ca-privkey "$private" --outfile leaf.crt
    atf_check -o inline:'leaf.crt: OK\n' openssl verify -CAfile ca.crt leaf.crt
    printf '%s\n' 'crl_next_update = 30' 'crl_number = 1' >crl.tmpl
    check_tool certtool --generate-crl --template crl.tmpl \
      --load-certificate leaf.crt --load-ca-certificate ca.crt \
      --load-ca-privkey "$private" --outfile ca.crl
    atf_check -s exit:2 -o ignore -e match:'certificate revoked' openssl verify \
      -crl_check -CAfile ca.crt -CRLfile ca.crl leaf.crt
    echo 'some data' >data
    check_tool certtool --p7-sign --infile data --load-certificate ca.crt \
      --load-privkey "$private" --outfile data.p7
    atf_check -o inline:'some data\n' -e match:successful openssl smime -verify \
      -inform PEM -in data.p7 -CAfile ca.crt -purpose any
  done
}

# tls_serve NAME: gnutls-serv with the token's key NAME, whose
# self-signed certificate is NAME.crt.
tls_serve()
{
  local name=$1
  port=$(free_port)
  GNUTLS_PIN=1234 gnutls-serv --provider "$module" --port "$port" --echo \
    --x509certfile "$name.crt" \
    --x509keyfile "$url;object=$name;type=private;pin-value=1234" \
    >serv.log 2>&1 </dev/null &
  echo $! >serv.pid
  server_wait $! "$port" || fails "no gnutls-serv" serv.log
}

# tls_talks OPTION...: OpenSSL makes a connection to it and verifies.
tls_talks()
{
  openssl s_client -connect "127.0.0.1:$port" -CAfile "$name.crt" \
    -verify_return_error -brief "$@" >client.log 2>&1 </dev/null ||
    fails "no handshake $*" client.log serv.log
  atf_check -o match:'Verification: OK' cat client.log
}

tls_steps()
{
  local name
  keys_prepare
  for name in rsa ec; do
    printf '%s\n' 'cn = "localhost"' 'expiration_days = 30' signing_key \
      ca cert_signing_key >server.tmpl
    check_tool certtool --generate-self-signed --template server.tmpl \
      --load-privkey "$url;object=$name;type=private" --outfile "$name.crt" \
      --load-pubkey "$url;object=$name;type=public"
    tls_serve "$name"
    tls_talks -tls1_3
    tls_talks -tls1_2
    stop_pid serv.pid
  done
}

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  case_on_both generation
  case_on_both eddsa
  case_on_both objects
  case_on_both trust
  case_on_both token
  case_on_both authority
  case_on_both tls
  case_on_store generation
  case_on_store authority
  case_on_store tls
}
