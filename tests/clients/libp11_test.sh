#! /usr/bin/env atf-sh
# libp11's engine for OpenSSL uses keys of a token.

key_url='pkcs11:token=token;type=private;object='

# engine_prepare: two key pairs, and an openssl.cnf that loads the engine.
engine_prepare()
{
  local engines
  engines=$(openssl version -e | cut -d '"' -f 2)
  [ -e "$engines/pkcs11.so" ] || atf_skip "this OpenSSL has no such engine"
  key_pair rsa:2048 01 rsa --usage-sign --usage-decrypt
  key_pair EC:prime256v1 02 ec --usage-sign --usage-derive
  printf '%s\n' 'openssl_conf = all' '[all]' 'engines = engines' '[engines]' \
    'pkcs11 = pkcs11' '[pkcs11]' 'engine_id = pkcs11' \
    "dynamic_path = $engines/pkcs11.so" "MODULE_PATH = $module" \
    'PIN = 1234' 'init = 0' '[req]' 'distinguished_name = name' '[name]' \
    >engine.cnf
  echo 'some data' >data
}

# with_engine ARGUMENT...: openssl with the engine, which must succeed.
with_engine()
{
  OPENSSL_CONF=$PWD/engine.cnf openssl "$@" >engine.out 2>engine.err \
    </dev/null || fails "openssl $*" engine.err engine.out
}

signature_steps()
{
  local name
  engine_prepare
  for name in rsa ec; do
    with_engine dgst -sha256 -engine pkcs11 -keyform engine \
      -sign "$key_url$name" -out sig data
    atf_check -o inline:'Verified OK\n' openssl dgst -sha256 \
      -verify $name.pub -signature sig data
    # Its public key, by way of the engine.
    with_engine pkey -engine pkcs11 -inform engine -pubout \
      -in "$key_url$name"
    atf_check -o file:$name.pub cat engine.out
  done
  with_engine dgst -sha256 -engine pkcs11 -keyform engine \
    -sigopt rsa_padding_mode:pss -sign "${key_url}rsa" -out sig data
  atf_check -o inline:'Verified OK\n' openssl dgst -sha256 -verify rsa.pub \
    -sigopt rsa_padding_mode:pss -signature sig data
}

decryption_steps()
{
  engine_prepare
  openssl pkeyutl -encrypt -pubin -inkey rsa.pub -in data -out secret
  with_engine pkeyutl -decrypt -engine pkcs11 -keyform engine \
    -inkey "${key_url}rsa" -in secret -out plain
  atf_check cmp data plain
  openssl pkeyutl -encrypt -pubin -inkey rsa.pub -in data -out secret \
    -pkeyopt rsa_padding_mode:oaep
  with_engine pkeyutl -decrypt -engine pkcs11 -keyform engine \
    -pkeyopt rsa_padding_mode:oaep -inkey "${key_url}rsa" -in secret -out plain
  atf_check cmp data plain
}

derivation_steps()
{
  engine_prepare
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out peer.key
  openssl pkey -in peer.key -pubout -out peer.pub
  openssl pkeyutl -derive -inkey peer.key -peerkey ec.pub -out expected
  with_engine pkeyutl -derive -engine pkcs11 -keyform engine \
    -inkey "${key_url}ec" -peerkey peer.pub -out derived
  atf_check cmp expected derived
}

authority_steps()
{
  local name
  engine_prepare
  for name in rsa ec; do
    with_engine req -x509 -new -engine pkcs11 -keyform engine \
      -key "$key_url$name" -subj "/CN=CA" -days 30 -out ca.crt \
      -addext basicConstraints=critical,CA:true
    atf_check -o inline:'ca.crt: OK\n' openssl verify -CAfile ca.crt ca.crt
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
      -keyout leaf.key -subj /CN=leaf -out leaf.csr 2>openssl.log
    with_engine x509 -req -in leaf.csr -CA ca.crt -engine pkcs11 \
      -CAkeyform engine -CAkey "$key_url$name" -set_serial 7 -days 20 \
      -out leaf.crt
    atf_check -o inline:'leaf.crt: OK\n' openssl verify -CAfile ca.crt leaf.crt
    with_engine cms -sign -in data -signer ca.crt -engine pkcs11 \
      -keyform engine -inkey "$key_url$name" -outform DER -nodetach -binary \
      -out data.p7
    atf_check -o inline:'some data\n' -e match:successful openssl cms -verify \
      -inform DER -in data.p7 -CAfile ca.crt -purpose any -binary
  done
}

tls_steps()
{
  local name
  engine_prepare
  for name in rsa ec; do
    with_engine req -x509 -new -engine pkcs11 -keyform engine \
      -key "$key_url$name" -subj /CN=localhost -days 30 -out ca.crt \
      -addext subjectAltName=DNS:localhost
    port=$(free_port)
    OPENSSL_CONF=$PWD/engine.cnf openssl s_server -engine pkcs11 \
      -keyform engine -key "$key_url$name" -cert ca.crt \
      -www -accept "127.0.0.1:$port" >server.log 2>&1 </dev/null &
    echo $! >server.pid
    server_wait $! "$port" || fails "no server" server.log
    serves
    stop_pid server.pid
  done
}

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  case_on_both signature
  case_on_both decryption
  case_on_both derivation
  case_on_both authority
  case_on_both tls
  case_on_store signature
  case_on_store tls
}
