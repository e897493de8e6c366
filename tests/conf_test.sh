#! /usr/bin/env atf-sh
# The sample files of conf/ and the manual agree with the code, and work.

# The options that common/conf.c knows.
options()
{
  sed -n '/^const struct conf_option conf_options/,/^};/s/^\t{ "\([^"]*\)".*/\1/p' \
    "$(source_root)/common/conf.c" | sort
}

atf_test_case sample_has_every_option
sample_has_every_option_body()
{
  options >expout
  sed -n 's/^#\([a-z0-9-]*\) = .*/\1/p' "$(source_root)/conf/vecs.conf" |
    sort >found
  atf_check test -s expout
  atf_check -o file:expout cat found
}

atf_test_case manual_has_every_option
manual_has_every_option_body()
{
  options >expout
  sed -n 's/^\.It Ic \([a-z0-9-]*\) No = .*/\1/p' \
    "$(source_root)/conf/vecs.conf.5" | sort >found
  atf_check -o file:expout cat found
}

atf_test_case sample_has_the_defaults
sample_has_the_defaults_head()
{
  atf_set descr "what the sample shows as a default is the code's"
}
sample_has_the_defaults_body()
{
  # Rows may be folded: join each to one line first.
  tr -d '\n' <"$(source_root)/common/conf.c" | grep -o '{ "[^}]*" }' |
    sed 's/^{ "\([^"]*\)",[[:space:]]*"\(.*\)" }/\1 = \2/' | sort >expout
  sed -n 's/^#\([a-z0-9-]* = .*\)/\1/p' "$(source_root)/conf/vecs.conf" |
    grep -v -e '^home =' -e '^login-user =' \
      -e '^master-key =' -e '^module =' | sort >found
  atf_check test -s expout
  atf_check -o file:expout cat found
}

atf_test_case placeholders_are_filled
placeholders_are_filled_head()
{
  atf_set descr "no placeholder is left in the files for installation"
}
placeholders_are_filled_body()
{
  local file
  for file in openssl-vecs.cnf nginx-vecs.conf apache-vecs.conf \
    haproxy-vecs.cfg vecs.module; do
    atf_check -s exit:1 grep -n '@' "$(build_root)/conf/$file"
  done
}

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  atf_add_test_case sample_has_every_option
  atf_add_test_case manual_has_every_option
  atf_add_test_case sample_has_the_defaults
  atf_add_test_case placeholders_are_filled
}
