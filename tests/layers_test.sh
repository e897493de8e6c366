#! /usr/bin/env atf-sh
# The picture of the layers holds: nobody includes a folder beside or above.

# Prints a line for each include that tests/layers does not allow.
breaches()
{
  (cd "$1" && find common module provider tool tests -name '*.[ch]' |
    sort | xargs awk -v layers="$1/tests/layers" '
      function folder_of(path) {
        sub(/\/[^\/]*$/, "", path)
        return path
      }
      BEGIN {
        while ((getline line < layers) > 0) {
          n = split(line, word, " ")
          if (n == 0 || word[1] == "#")
            continue
          known[word[1]] = 1
          for (i = 1; i <= n; i++)
            allowed[word[1], word[i]] = 1
        }
      }
      FNR == 1 && !(folder_of(FILENAME) in known) {
        print FILENAME ": its folder is not in tests/layers"
      }
      /^[ \t]*#[ \t]*include[ \t]*"/ {
        split($0, part, "\"")
        target = folder_of(part[2])
        if (FILENAME ~ /_test\.c$/ && target == "tests/lib")
          next
        if (!((folder_of(FILENAME), target) in allowed))
          print FILENAME ":" FNR ": includes " part[2]
      }')
}

copy_sources()
{
  (cd "$(source_root)" && tar -c --exclude=./tests/stores common module \
    provider tool tests) | tar -x
}

atf_test_case picture_holds
picture_holds_head()
{
  atf_set descr "every include goes down, as tests/layers states it"
}
picture_holds_body()
{
  breaches "$(source_root)" >found || atf_fail "awk failed"
  atf_check -o empty cat found
}

atf_test_case breach_is_found
breach_is_found_head()
{
  atf_set descr "planted breaches in a copy are found, by file and line"
}
breach_is_found_body()
{
  copy_sources
  mkdir -p module/policy provider attic
  printf '#include "module/store/store.h"\n' >module/policy/planted.c
  printf '\n# include "module/mech/mech.h"\n' >provider/planted.c
  printf '#include "planted.h"\n' >common/planted.c
  printf '#include "tests/lib/p11.h"\n' >tool/planted_test.c
  printf '#include "tests/lib/p11.h"\n' >tool/planted.c
  mkdir -p module/attic
  printf '/* empty */\n' >module/attic/planted.h
  cat >expout <<'END'
common/planted.c:1: includes planted.h
module/attic/planted.h: its folder is not in tests/layers
module/policy/planted.c:1: includes module/store/store.h
provider/planted.c:2: includes module/mech/mech.h
tool/planted.c:1: includes tests/lib/p11.h
END
  breaches "$PWD" >found || atf_fail "awk failed"
  atf_check -o file:expout grep planted found
}

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  atf_add_test_case picture_holds
  atf_add_test_case breach_is_found
}
