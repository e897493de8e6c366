#! /usr/bin/env atf-sh
# PyKCS11: a Python program of our own uses a token.

# program CASE: this case of the program.
program()
{
  # Under /usr/bin stands the Python that Debian's packages are for.
  /usr/bin/python3 -B "$(source_root)/tests/clients/use_token.py" "$module" "$1" \
    >python.out 2>&1 || fails "use_token.py $1" python.out
  atf_check -o inline:"$1 ok\n" cat python.out
}

signatures_steps() { program signatures; }
encryption_steps() { program encryption; }
gcm_steps() { program gcm; }
derivation_steps() { program derivation; }
digests_steps() { program digests; }
objects_steps() { program objects; }
wrapping_steps() { program wrapping; }
pins_steps() { program pins; }

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  case_on_both signatures
  case_on_both encryption
  case_on_both gcm
  case_on_both derivation
  case_on_both digests
  case_on_both objects
  case_on_both wrapping
  case_on_both pins
  case_on_store signatures
  case_on_store encryption
}
