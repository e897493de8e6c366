#! /usr/bin/env atf-sh
# NSS's modutil, certutil, pk12util, cmsutil and crlutil use a token.

# nss TOOL ARGUMENT...: the tool on the database of this folder, which must
# succeed; what it prints is in nss.out.
nss()
{
  local tool=$1
  shift
  "$tool" -d sql:nss "$@" >nss.out 2>nss.err </dev/null ||
    fails "$tool $*" nss.err nss.out
}

# nss_asked TOOL ARGUMENT...: the same for tools that ask for a PIN on the
# terminal, whatever they are told.
nss_asked()
{
  local tool=$1
  shift
  /usr/bin/python3 "$(source_root)/tests/clients/answer.py" 1234 \
    "$tool" -d sql:nss "$@" >nss.out 2>&1 </dev/null ||
    fails "$tool $*" nss.out
}

nss_prepare()
{
  mkdir nss
  echo 1234 >pin
  echo 12345 >new-pin
  openssl rand 64 >noise
  atf_check certutil -N -d sql:nss --empty-password
  atf_check -e ignore -o match:'added to database' modutil -dbdir sql:nss \
    -add mod -libfile "$module" -force
}

# A CA and two certificates with keys that the token has made.
certificates_prepare()
{
  nss_prepare
  # Answers: it is a CA; any length of a path; not critical.
  printf 'y\n-1\nn\n' >answers
  certutil -S -d sql:nss -h token -f pin -z noise -n ca -s CN=ca -x -m 1 \
    -t CT,C,C -k rsa -g 2048 -2 --keyUsage \
    certSigning,crlSigning,digitalSignature <answers >nss.out 2>nss.err ||
    fails "certutil -S of a CA" nss.err nss.out
  nss certutil -S -h token -f pin -z noise -n rsa -s CN=rsa -c token:ca \
    -t u,u,u -k rsa -g 2048 -m 2
  nss certutil -S -h token -f pin -z noise -n ec -s CN=ec -c token:ca \
    -t u,u,u -k ec -q nistp256 -m 3
  for name in ca rsa ec; do
    check_p11 --read-object --type cert --label "$name" \
      --output-file "$name.der"
    openssl x509 -inform DER -in "$name.der" -out "$name.crt"
  done
}

module_steps()
{
  nss_prepare
  atf_check -o match:'Token Name: token' -o match:'Token Name: token' \
    modutil -dbdir sql:nss -list mod
  atf_check -o match:'token: token' certutil -U -d sql:nss
  key_pair rsa:2048 01 rsa --usage-sign
  atf_check -e ignore -o match:successfully modutil -dbdir sql:nss \
    -changepw token -pwfile pin -newpwfile new-pin -force </dev/null
  nss certutil -K -h token -f new-pin
  atf_check -o match:'< 0> rsa' cat nss.out
  atf_check -s not-exit:0 -o ignore -e ignore certutil -K -d sql:nss \
    -h token -f pin </dev/null
  atf_check -e ignore -o match:'deleted from database' modutil \
    -dbdir sql:nss -delete mod -force
}

certificates_steps()
{
  local name usage
  certificates_prepare
  nss certutil -L -h token -f pin
  atf_check -o match:'^token:ca +CTu,Cu,Cu' -o match:'^token:rsa +u,u,u' \
    -o match:'^token:ec +u,u,u' cat nss.out
  nss certutil -K -h token -f pin
  atf_check -o match:'rsa +[0-9a-f]+ +token:ca' \
    -o match:'rsa +[0-9a-f]+ +token:rsa' -o match:'ec +[0-9a-f]+ +token:ec' \
    cat nss.out
  # OpenSSL takes the signatures; NSS validates the chain.
  for name in ca rsa ec; do
    atf_check -o inline:"$name.crt: OK\n" openssl verify -CAfile ca.crt \
      "$name.crt"
    usage=V
    [ $name != ca ] || usage=L
    nss_asked certutil -V -n "token:$name" -u $usage -f pin
    atf_check -o match:'certificate is valid' cat nss.out
  done
  # A request, whose key stays without a certificate.
  nss certutil -R -h token -f pin -z noise -s CN=request -k rsa -g 2048 \
    -o request
  request_verifies request -inform DER
  nss certutil -K -h token -f pin
  atf_check -o match:'orphan' cat nss.out
  # A certificate is deleted alone, and together with its key.
  nss certutil -D -h token -f pin -n token:ec
  nss certutil -F -h token -f pin -n token:rsa
  nss certutil -L -h token -f pin
  atf_check -o not-match:'token:(ec|rsa)' -o match:'token:ca' cat nss.out
  nss certutil -K -h token -f pin
  atf_check_equal 3 "$(grep -c '^<' nss.out)"
}

messages_steps()
{
  local name
  certificates_prepare
  echo 'some data' >data
  for name in rsa ec; do
    nss cmsutil -S -N "token:$name" -f pin -i data -o data.p7
    atf_check -o inline:'some data\n' -e match:successful openssl cms -verify \
      -inform DER -in data.p7 -CAfile ca.crt -purpose any
  done
  # OpenSSL encrypts to the certificate, and the token's key decrypts.
  openssl cms -encrypt -binary -aes256 -outform DER -in data -out secret \
    rsa.crt
  nss_asked cmsutil -D -i secret -f pin -o plain
  atf_check cmp data plain
}

pkcs12_steps()
{
  local name
  nss_prepare
  echo secret >password
  echo 'some data' >data
  make_ca || atf_fail "no CA"
  nss certutil -A -n ca -t CT,C,C -i ca.crt
  for name in RSA EC; do
    make_cert $name $name || atf_fail "no certificate"
    openssl pkcs12 -export -in $name.crt -inkey $name.key -name "own $name" \
      -out own.p12 -passout file:password
    nss pk12util -i own.p12 -h token -k pin -w password
    nss cmsutil -S -N "token:own $name" -f pin -i data -o data.p7
    atf_check -o inline:'some data\n' -e match:successful openssl cms -verify \
      -inform DER -in data.p7 -CAfile ca.crt -purpose any
  done
}

# NSS makes imported keys sensitive and leaves it to the token whether they may
# be extracted: ours then hands them out wrapped, SoftHSM2 does not.
export_steps()
{
  nss_prepare
  echo secret >password
  make_ca || atf_fail "no CA"
  make_cert own EC || atf_fail "no certificate"
  openssl pkcs12 -export -in own.crt -inkey own.key -name own -out own.p12 \
    -passout file:password
  nss pk12util -i own.p12 -h token -k pin -w password
  nss pk12util -o out.p12 -n token:own -h token -k pin -w password
  openssl pkcs12 -in out.p12 -passin file:password -nocerts -nodes \
    >out.key 2>openssl.log || fails "openssl pkcs12" openssl.log
  openssl pkey -in own.key -out before.key
  atf_check -o file:before.key openssl pkey -in out.key
}

revocation_steps()
{
  local now
  certificates_prepare
  now=$(date -u +%Y%m%d%H%M%SZ)
  printf 'update=%s\naddcert 3 %s\n' "$now" "$now" >script
  nss_asked crlutil -G -n token:ca -c script -f pin
  nss_asked crlutil -L
  atf_check -o match:'token:ca +CRL' cat nss.out
  # The one is revoked, the other is not.
  nss_asked certutil -V -n token:rsa -u V -f pin
  atf_check -s not-exit:0 -o match:'has been revoked' /usr/bin/python3 \
    "$(source_root)/tests/clients/answer.py" 1234 \
    certutil -d sql:nss -V -n token:ec -u V -f pin
}

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  case_on_both module
  case_on_both certificates
  case_on_both messages
  case_on_both pkcs12
  case_on_ours export
  case_on_both revocation
  case_on_store certificates
  case_on_store messages
  case_on_store pkcs12
  case_on_store revocation
}
