#! /usr/bin/env atf-sh
# Databases of every format that was ever released, opened by this build.

# Each has what its README says: a copy is opened, never the kept one.
store_open()
{
  vecs_private
  cp "$source/tests/stores/$1/vecs.db" "$source/tests/stores/$1/master.key" \
    "$VECS_HOME/"
  chmod 600 "$VECS_HOME"/*
  chown "$(id -u)" "$VECS_HOME"/*
}

atf_test_case v1__holds_what_it_held
v1__holds_what_it_held_head()
{
  atf_set descr "a database of format 1"
}
v1__holds_what_it_held_body()
{
  store_open v1
  atf_check -o match:' 0 findings' vecs-cli check
  atf_check -o save:stores vecs-cli store list
  atf_check -o inline:'Web\nHSM\n' tail -n 2 stores
  atf_check -o inline:'Number of entries in store :\t2\nwww\npassword\n' \
    vecs-cli entry list --store web --aliases
  atf_check -o inline:'a secret\n\n' \
    vecs-cli entry getkey --store Web --alias password
  atf_check -o save:got.crt vecs-cli entry getcert --store Web --alias www
  openssl x509 -in got.crt -out got.pem
  atf_check cmp got.pem "$source/tests/stores/v1/www.crt"
  atf_check -o save:got.key vecs-cli entry getkey --store Web --alias www
  atf_check_equal "$(openssl x509 -in got.crt -noout -pubkey)" \
    "$(openssl pkey -in got.key -pubout)"
  atf_check -o match:'^EVERYONE	read$' \
    vecs-cli store get-permissions --name Web
  atf_check -o match:8e867f0ab7d38abcf842499de9cda62f027f7082 \
    vecs-cli entry list --store TRUSTED_ROOTS --aliases
  # The token's PIN opens its private key, and what is written is kept.
  printf data >data
  atf_check -o ignore -e ignore pkcs11-tool --module "$module" \
    --token-label HSM --login --pin 1234 --sign --mechanism ECDSA-SHA256 \
    --id 02 -i data -o signature
  atf_check -o ignore vecs-cli store create --name new
  atf_check -o match:' 0 findings' vecs-cli check
}

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  atf_add_test_case v1__holds_what_it_held
}
