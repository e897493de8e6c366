#! /usr/bin/env atf-sh
# The habits of the tree that a program can check.

# The C files that people write: not the standard's header, not tables of names.
c_files()
{
  (cd "$(source_root)" && find common module provider tool tests \
    -name '*.[ch]' ! -path common/pkcs11.h ! -name '*_rows.h' | sort)
}

atf_test_case no_goto
no_goto_body()
{
  cd "$(source_root)" || atf_fail "no source"
  # shellcheck disable=SC2046
  atf_check -s exit:1 grep -nE '^[^*"]*\bgoto\b' $(c_files)
}

atf_test_case no_deepbind
no_deepbind_head()
{
  atf_set descr "nothing is loaded past the application's allocator"
}
no_deepbind_body()
{
  cd "$(source_root)" || atf_fail "no source"
  # shellcheck disable=SC2046
  atf_check -s exit:1 grep -n RTLD_DEEPBIND $(c_files)
}

atf_test_case headers_alone
headers_alone_head()
{
  atf_set descr "every header compiles without another before it"
}
headers_alone_body()
{
  local flags header n=0
  flags=$(pkg-config --cflags libcrypto sqlite3 p11-kit-1 libtasn1 jansson)
  for header in $(cd "$(source_root)" &&
    find common module provider tests tool -name '*.h' ! -name '*_rows.h' \
      ! -name pkcs11_functions.h); do
    n=$((n + 1))
    echo "#include \"$header\"" >"alone$n.c"
  done
  atf_check test $n -gt 20
  # shellcheck disable=SC2086
  atf_check gcc -std=c17 -D_GNU_SOURCE -DVECS_VERSION='"0"' -Wall -Wextra \
    -Werror -fsyntax-only -I"$(source_root)" -I"$(build_root)" $flags alone*.c
}

atf_test_case files_short
files_short_head()
{
  atf_set descr "no file is longer than 500 lines"
}
files_short_body()
{
  cd "$(source_root)" || atf_fail "no source"
  # shellcheck disable=SC2046
  wc -l $(c_files) | awk '$2 != "total" && $1 > 500' >"$HOME/long"
  atf_check -o empty cat "$HOME/long"
}

atf_test_case functions_short
functions_short_head()
{
  atf_set descr "no function is longer than 80 lines"
}
functions_short_body()
{
  cd "$(source_root)" || atf_fail "no source"
  # shellcheck disable=SC2046
  ctags -f - --languages=C --langmap=C:.c.h --kinds-C=f --fields=ne \
    --excmd=number $(c_files) | awk -F '\t' '{
      line = $4; sub(/.*line:/, "", line)
      end = $0; sub(/.*end:/, "", end)
      count++
      if (end - line >= 80)
        print $2 ": " $1 " has " end - line + 1 " lines"
    } END { if (!count) print "ctags found nothing" }' >"$HOME/long"
  atf_check -o empty cat "$HOME/long"
}

atf_test_case readme_short
readme_short_body()
{
  atf_check test "$(wc -l <"$(source_root)/README.md")" -le 100
}

atf_test_case manuals_clean
manuals_clean_head()
{
  atf_set descr "mandoc has no complaint about a manual page"
  atf_set require.progs mandoc
}
manuals_clean_body()
{
  local page
  for page in $(cd "$(source_root)" &&
    find conf module provider tool -name '*.[1-8]'); do
    atf_check mandoc -T lint -W warning "$(source_root)/$page"
  done
}

exported()
{
  nm --dynamic --defined-only --format=posix "$1" |
    awk '$2 ~ /[A-Z]/ && $2 != "A" { print $1 }' | sort
}

atf_test_case module_exports
module_exports_body()
{
  printf '%s\n' C_GetFunctionList C_GetInterface C_GetInterfaceList >expout
  exported "$(build_root)/module/vecs-pkcs11.so" >exports
  atf_check -o file:expout cat exports
}

atf_test_case module_links
module_links_head()
{
  atf_set descr "the module does not link libp11-kit"
}
module_links_body()
{
  atf_check -o not-match:p11-kit \
    objdump -p "$(build_root)/module/vecs-pkcs11.so"
}

atf_test_case provider_exports
provider_exports_body()
{
  exported "$(build_root)/provider/vecs.so" >exports
  atf_check -o inline:"OSSL_provider_init\n" cat exports
}

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  atf_add_test_case no_goto
  atf_add_test_case no_deepbind
  atf_add_test_case headers_alone
  atf_add_test_case files_short
  atf_add_test_case functions_short
  atf_add_test_case readme_short
  atf_add_test_case manuals_clean
  atf_add_test_case module_exports
  atf_add_test_case module_links
  atf_add_test_case provider_exports
}
