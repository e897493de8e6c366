# What the tests of other people's PKCS#11 clients share: a fresh token of
# SoftHSM2 and one of ours, on which a client takes the same steps.  A program
# sources this file first in atf_init_test_cases.

. "$(atf_get_srcdir)/../lib.sh"

# on_both STEPS: calls this function once for each of the two modules, in a
# folder of its own, with the token "token" (PIN 1234, SO PIN 5678) that has
# just been made; $module is the module and $kind softhsm or vecs.
on_both()
{
  on softhsm "$1"
  on_ours "$1"
}

on_ours()
{
  on vecs "$1"
}

on_store()
{
  on store "$1"
}

on()
{
  unset OPENSSL_CONF
  kind=$1
  mkdir "$kind" && cd "$kind" || atf_fail "no folder $kind"
  echo "== on $kind"
  "use_$kind"
  "token_of_$kind" token
  "$2"
  cd .. || atf_fail "no way back"
}

use_softhsm()
{
  mkdir tokens
  printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\n%s\n' \
    "$PWD" 'log.level = ERROR' >softhsm.conf
  SOFTHSM2_CONF=$PWD/softhsm.conf
  export SOFTHSM2_CONF
  module=/usr/lib/softhsm/libsofthsm2.so
}

# PINs are hashed at a cost that suits a test.
use_vecs()
{
  vecs_private
  unset OPENSSL_CONF
  printf '%s\n' 'argon2-memory = 1024' 'argon2-passes = 1' 'argon2-lanes = 1' \
    >>"$VECS_CONF"
}

use_store()
{
  use_vecs
}

token_of_softhsm()
{
  token_make "$1"
}

token_of_vecs()
{
  token_make "$1"
}

# A store of vecs-cli's, which has no PIN: any is right.
token_of_store()
{
  atf_check -o ignore vecs-cli store create --name "$1"
}

# token_make LABEL: the uninitialised slot becomes this token.
token_make()
{
  local slot
  slot=$(pkcs11-tool --module "$module" --list-slots 2>/dev/null |
    awk '/^Slot / { slot = $3; gsub(/[():]/, "", slot) }
      /token state: +uninitialized/ { print slot; exit }')
  [ -n "$slot" ] || atf_fail "$kind: no uninitialised slot"
  atf_check -e ignore -o match:initialized pkcs11-tool --module "$module" \
    --init-token --slot "$slot" --label "$1" --so-pin 5678
  atf_check -e ignore -o match:initialized pkcs11-tool --module "$module" \
    --token-label "$1" --login --login-type so --so-pin 5678 \
    --init-pin --new-pin 1234
}

# p11 ARGUMENT...: pkcs11-tool on the token, without a login.
p11()
{
  pkcs11-tool --module "$module" --token-label token "$@"
}

# p11_user ARGUMENT...: the same after the user's login.
p11_user()
{
  p11 --login --pin 1234 "$@"
}

# fails WHAT FILE...: the case, and shows the files.
fails()
{
  local what=$1
  shift
  cat "$@"
  atf_fail "$kind: $what"
}

# check_p11 ARGUMENT...: p11_user, which must succeed.
check_p11()
{
  p11_user "$@" >p11.out 2>p11.err ||
    fails "pkcs11-tool $*" p11.err p11.out
}

# key_pair TYPE ID LABEL [ARGUMENT...]: makes a key pair in the token; its
# public key is LABEL.pub.
key_pair()
{
  local type=$1 id=$2 label=$3
  shift 3
  check_p11 --keypairgen --key-type "$type" --id "$id" --label "$label" "$@"
  public_key "$label"
}

# public_key LABEL: the token's public key as LABEL.pub.
public_key()
{
  check_p11 --read-object --type pubkey --label "$1" --output-file "$1.der"
  openssl pkey -pubin -in "$1.der" -out "$1.pub" ||
    atf_fail "$kind: OpenSSL does not read the public key $1"
}

# request_verifies FILE [ARGUMENT...]: a request is signed with its own
# key.  OpenSSL 3.0 says so in words only.
request_verifies()
{
  openssl req -in "$@" -noout -verify >verify 2>&1
  atf_check -o match:'verify OK' cat verify
}

# case_on_both NAME: adds the case NAME with the steps NAME_steps.
case_on_both()
{
  case_add on_both "$1" "${1}_steps"
}

# case_on_ours NAME: the same for steps that SoftHSM2 fails, or has no mechanism
# for.
case_on_ours()
{
  case_add on_ours "$1" "${1}_steps"
}

# case_on_store NAME: these steps once more, on a store without a PIN, in the
# case NAME_on_store.
case_on_store()
{
  case_add on_store "${1}_on_store" "${1}_steps"
}

# case_add WHERE NAME STEPS
case_add()
{
  atf_test_case "$2"
  eval "${2}_body() { $1 $3; }"
  atf_add_test_case "$2"
}
