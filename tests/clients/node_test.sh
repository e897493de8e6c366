#! /usr/bin/env atf-sh
# pkcs11js: a Node.js program of our own uses a token.

# program CASE: this case of the program.
program()
{
  local modules
  modules=$(build_root)/npm/node_modules
  [ -e "$modules/pkcs11js/build/Release/pkcs11.node" ] ||
    atf_skip "no pkcs11js: npm was not reached"
  NODE_PATH=$modules node "$(source_root)/tests/clients/use_token.js" \
    "$module" "$1" >node.out 2>&1 || fails "use_token.js $1" node.out
  atf_check -o inline:"$1 ok\n" cat node.out
}

signatures_steps() { program signatures; }
threads_steps() { program threads; }
encryption_steps() { program encryption; }
gcm_steps() { program gcm; }
derivation_steps() { program derivation; }
digests_steps() { program digests; }
objects_steps() { program objects; }
wrapping_steps() { program wrapping; }

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  case_on_both signatures
  case_on_both threads
  case_on_both encryption
  case_on_both gcm
  case_on_both derivation
  case_on_both digests
  case_on_both objects
  case_on_both wrapping
  case_on_store signatures
  case_on_store threads
  case_on_store wrapping
}
