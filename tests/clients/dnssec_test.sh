#! /usr/bin/env atf-sh
# OpenDNSSEC's ods-hsmutil and ods-hsmspeed make and use keys of a token.

# hsm PROGRAM ARGUMENT...: a program of OpenDNSSEC's on the token, which must
# succeed; what it prints is in hsm.out.
hsm()
{
  local program=$1
  shift
  "$program" -c "$PWD/conf.xml" "$@" >hsm.out 2>&1 </dev/null ||
    fails "$program $*" hsm.out
}

hsm_prepare()
{
  command -v ods-hsmutil >/dev/null || atf_skip "Debian 13 has no OpenDNSSEC"
  printf '%s\n' '<?xml version="1.0" encoding="UTF-8"?>' '<Configuration>' \
    '<RepositoryList><Repository name="repo">' "<Module>$module</Module>" \
    '<TokenLabel>token</TokenLabel><PIN>1234</PIN>' \
    '</Repository></RepositoryList>' "<Common><PolicyFile>$PWD/kasp.xml" \
    "</PolicyFile><ZoneListFile>$PWD/zonelist.xml</ZoneListFile></Common>" \
    '</Configuration>' >conf.xml
}

keys_steps()
{
  local id
  hsm_prepare
  hsm ods-hsmutil info
  atf_check -o match:'Token Label: +token' cat hsm.out
  hsm ods-hsmutil generate repo rsa 2048
  id=$(sed -n 's/.*successful: //p' hsm.out)
  hsm ods-hsmutil generate repo ecdsa 256
  hsm ods-hsmutil generate repo ecdsa 384
  hsm ods-hsmutil list repo
  atf_check -o match:"$id +RSA/2048" -o match:'ECDSA/256' \
    -o match:'ECDSA/384' -o match:'^3 keys found' cat hsm.out
  # The record that the name server publishes is of the token's key.
  hsm ods-hsmutil dnskey "$id" example.org 257 8
  atf_check -o match:'example.org.*IN.*DNSKEY.*257 3 8' cat hsm.out
  check_p11 --read-object --type pubkey --id "$id" --output-file key.der
  openssl pkey -pubin -in key.der -noout -text |
    sed -n '/Modulus/,/Exponent/p' | sed '1d;$d' | tr -d ' :\n' >modulus
  awk '/DNSKEY/ { sub(/.*DNSKEY[ \t]+257 3 8 */, ""); sub(/;.*/, "")
    gsub(/[ \t]/, ""); print; exit }' hsm.out | openssl base64 -d -A |
    od -An -v -tx1 | tr -d ' \n' >record
  atf_check -o match:"$(sed 's/^00//' modulus)" cat record
  hsm ods-hsmutil remove "$id"
  hsm ods-hsmutil list repo
  atf_check -o not-match:"$id" -o match:'^2 keys found' cat hsm.out
  # With threads, each of which has a session.
  hsm ods-hsmspeed -r repo -i 20 -s 2048 -t 4
  atf_check -o match:'4 threads, 20 signatures per thread' cat hsm.out
}

# The tool's own tests.  Keys of few bits, DSA and GOST fail on the one or the
# other token.
own_tests_steps()
{
  local size curve
  hsm_prepare
  ods-hsmutil -c "$PWD/conf.xml" test repo >hsm.out 2>&1 </dev/null
  # One line for each key, with what followed.
  awk '/^Generating/ { if (line != "") print line; line = $0; next }
    NF { line = line " " $0 } END { print line }' hsm.out >lines
  for size in 2048 4096; do
    atf_check -o match:"Generating $size-bit RSA key... OK" \
      -o match:"$size-bit.*RSA/SHA256. with key... OK" \
      -o match:"$size-bit.*RSA/SHA512. with key... OK" \
      -o match:"$size-bit.*Deleting key... OK" grep "$size-bit RSA" lines
  done
  atf_check -o match:'P-256 key... OK' grep 'P-256' lines
  atf_check -o match:'P-384 key... OK' grep 'P-384' lines
  for curve in ED25519 ED448; do
    atf_check -o match:"Generating $curve key... OK" \
      -o match:'Signing with key... OK' grep "$curve" lines
  done
  atf_check -o match:'1024 bytes of random data... OK' cat lines
}

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  case_on_both keys
  case_on_both own_tests
  case_on_store keys
}
