#! /usr/bin/env atf-sh
# Java's SunPKCS11: keytool, jarsigner, and a program of our own.

# java_prepare: the configuration of SunPKCS11 for the token, and two entries
# whose keys the token has made.
java_prepare()
{
  local slot
  # Quick to start, and no files in /tmp.
  JAVA_TOOL_OPTIONS='-XX:-UsePerfData -XX:TieredStopAtLevel=1'
  export JAVA_TOOL_OPTIONS
  slot=$(pkcs11-tool --module "$module" --list-slots 2>/dev/null |
    awk '/^Slot / { slot = $3; gsub(/[():]/, "", slot) }
      /token label +: token$/ { print slot; exit }')
  # Java asks for no use of a key by itself; what is agreed on comes out.
  printf '%s\n' 'name = Test' "library = $module" "slot = $((slot))" \
    'attributes(generate, CKO_PRIVATE_KEY, *) = { CKA_DERIVE = true }' \
    'attributes(*, CKO_SECRET_KEY, CKK_GENERIC_SECRET) = {' \
    'CKA_SENSITIVE = false' 'CKA_EXTRACTABLE = true' '}' >p11.cfg
  keytool_on -genkeypair -alias rsa -keyalg RSA -keysize 2048 -dname CN=rsa \
    -validity 30 -ext san=ip:127.0.0.1
  keytool_on -genkeypair -alias ec -keyalg EC -groupname secp256r1 \
    -dname CN=ec -validity 30 -ext san=ip:127.0.0.1
}

# java_run PROGRAM ARGUMENT...: a program of Java's, which must succeed.
java_run()
{
  "$@" >java.out 2>&1 </dev/null || fails "$*" java.out
}

keytool_on()
{
  java_run keytool -keystore NONE -storetype PKCS11 -storepass 1234 \
    -providerClass sun.security.pkcs11.SunPKCS11 -providerArg p11.cfg "$@"
}

keytool_steps()
{
  local name
  java_prepare
  keytool_on -genseckey -alias aes -keyalg AES -keysize 256
  keytool_on -list
  atf_check -o match:'^rsa, PrivateKeyEntry' -o match:'^ec, PrivateKeyEntry' \
    -o match:'^aes, SecretKeyEntry' cat java.out
  for name in rsa ec; do
    keytool_on -exportcert -rfc -alias $name -file $name.crt
    # OpenSSL takes the signatures, and knows the public key.
    atf_check -o inline:"$name.crt: OK\n" openssl verify -CAfile $name.crt \
      $name.crt
    keytool_on -certreq -alias $name -file $name.csr
    request_verifies $name.csr
    openssl x509 -in $name.crt -noout -pubkey >$name.pub
    atf_check -o file:$name.pub openssl req -in $name.csr -noout -pubkey
  done
  # A chain that a CA has issued replaces the self-signed one.
  make_ca || atf_fail "no CA"
  openssl x509 -req -in rsa.csr -CA ca.crt -CAkey ca.key -days 30 \
    -set_serial 7 2>openssl.log >rsa.crt
  cat rsa.crt ca.crt >chain
  keytool_on -importcert -noprompt -alias rsa -file chain
  keytool_on -list -v -alias rsa
  atf_check -o match:'Certificate chain length: 2' cat java.out
  keytool_on -delete -alias ec
  keytool_on -list
  atf_check -o not-match:'^ec,' -o match:'^rsa,' cat java.out
}

import_steps()
{
  java_prepare
  make_ca || atf_fail "no CA"
  for name in rsa ec; do
    make_cert own "$(echo $name | tr a-z A-Z)" || atf_fail "no certificate"
    openssl pkcs12 -export -in own.crt -inkey own.key -certfile ca.crt \
      -name "own-$name" -out own.p12 -passout pass:secret
    java_run keytool -importkeystore -noprompt -srckeystore own.p12 \
      -srcstoretype PKCS12 -srcstorepass secret -destkeystore NONE \
      -deststoretype PKCS11 -deststorepass 1234 \
      -providerClass sun.security.pkcs11.SunPKCS11 -providerArg p11.cfg
    keytool_on -certreq -alias "own-$name" -file own.csr
    request_verifies own.csr
    openssl x509 -in own.crt -noout -pubkey >own.pub
    atf_check -o file:own.pub openssl req -in own.csr -noout -pubkey
  done
}

jarsigner_steps()
{
  local name
  java_prepare
  mkdir tree
  echo some >tree/data
  jar cf plain.jar -C tree data 2>jar.err
  for name in rsa ec; do
    java_run jarsigner -keystore NONE -storetype PKCS11 -storepass 1234 \
      -providerClass sun.security.pkcs11.SunPKCS11 -providerArg p11.cfg \
      -signedjar signed.jar plain.jar $name
    java_run jarsigner -verify -verbose signed.jar
    atf_check -o match:'jar verified' -o match:'^sm .* data' cat java.out
  done
  # A jar that was changed later is found out.
  echo other >tree/data
  jar uf signed.jar -C tree data 2>jar.err
  atf_check -s not-exit:0 -o match:SecurityException -e ignore \
    jarsigner -verify signed.jar
}

# program CASE...: these cases of our own Java program.
program()
{
  local name
  java_prepare
  java_run java "$(source_root)/tests/clients/Token.java" p11.cfg 1234 "$@"
  for name; do
    atf_check -o match:"^$name ok" cat java.out
  done
}

signatures_steps() { program rsa ec; }
ciphers_steps() { program ciphers macs digests keys; }
gcm_steps() { program gcm; }
wrapping_steps() { program wrapping; }
agreement_steps() { program ecdh; }
dh_steps() { program dh; }
tls_steps() { program tls; }

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  case_on_both keytool
  case_on_both import
  case_on_both jarsigner
  case_on_both signatures
  case_on_both ciphers
  case_on_both gcm
  case_on_both wrapping
  case_on_both agreement
  # SoftHSM2 asks for the length of a secret, which Java does not know.
  case_on_ours dh
  case_on_both tls
  case_on_store keytool
  case_on_store signatures
  case_on_store tls
}
