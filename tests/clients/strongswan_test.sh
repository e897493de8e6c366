#! /usr/bin/env atf-sh
# strongSwan's pki uses keys of a token.

pki_prepare()
{
  key_pair rsa:2048 0102 rsa --usage-sign
  key_pair EC:prime256v1 0203 ec --usage-sign
  # Its plugin for the token comes before the one that knows engines.
  printf '%s\n' 'pki {' \
    'load = pkcs11 random openssl pem pkcs1 pkcs8 x509 pubkey revocation' '}' \
    'libstrongswan { plugins { pkcs11 { modules { token {' \
    "path = $module" '} } } } }' >strongswan.conf
  STRONGSWAN_CONF=$PWD/strongswan.conf
  export STRONGSWAN_CONF
}

# pki_to FILE ARGUMENT...: pki, which asks for the PIN and writes a PEM file.
# With SoftHSM2 it crashes when all is done: only its words count then.
pki_to()
{
  local file=$1 status=0
  shift
  /usr/bin/python3 -B "$(source_root)/tests/clients/answer.py" 1234 \
    pki "$@" --outform pem >pki.out 2>&1 </dev/null || status=$?
  [ $status = 0 ] || [ "$kind" = softhsm ] || fails "pki $*" pki.out
  tr -d '\r' <pki.out | sed -n '/^-----BEGIN/,/^-----END/p' >"$file"
  [ -s "$file" ] || fails "pki $* has written nothing" pki.out
}

public_steps()
{
  pki_prepare
  pki_to own.pub --pub --keyid 0102 --type rsa
  atf_check cmp rsa.pub own.pub
  pki_to own.pub --pub --keyid 0203 --type ecdsa
  atf_check cmp ec.pub own.pub
}

authority_steps()
{
  local row type id
  pki_prepare
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out leaf.key
  openssl pkey -in leaf.key -pubout -out leaf.pub
  for row in rsa:0102 ecdsa:0203; do
    type=${row%:*} id=${row#*:}
    pki_to ca.crt --self --keyid $id --type $type --dn "CN=CA $type" --ca
    atf_check -o inline:'ca.crt: OK\n' openssl verify -CAfile ca.crt ca.crt
    pki_to leaf.crt --issue --cakeyid $id --cacert ca.crt --type pub \
      --in leaf.pub --dn CN=leaf --serial 07
    atf_check -o inline:'leaf.crt: OK\n' openssl verify -CAfile ca.crt leaf.crt
    pki_to own.csr --req --keyid $id --type $type --dn CN=own
    request_verifies own.csr
    pki_to ca.crl --signcrl --cakeyid $id --cacert ca.crt --serial 07
    atf_check -s exit:2 -o ignore -e match:'certificate revoked' openssl verify \
      -crl_check -CAfile ca.crt -CRLfile ca.crl leaf.crt
  done
}

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  case_on_both public
  case_on_both authority
  case_on_store authority
}
