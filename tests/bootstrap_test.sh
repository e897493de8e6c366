#! /usr/bin/env atf-sh
# How ./bootstrap counts, and what it takes back at its end.

# Runs the end of a check over the given tally lines: "TIER STATUS SECONDS
# CASE REASON"; tests/skips lists a_test:listed.
tally_of()
{
  mkdir -p root/tests
  echo "a_test:listed  needs a thing that is rare" >root/tests/skips
  printf '%s\n' "$@" >tally
  : >details
  cat >run <<'END'
set -eu -o pipefail
root=$PWD/root tally=tally details=details
. "$1/.ci/setup.sh"
. "$1/.ci/check.sh"
tally_report
END
  bash run "$(source_root)" >out 2>&1
}

last_line()
{
  tail -n 1 out
}

atf_test_case count__all_passed
count__all_passed_body()
{
  tally_of "release passed 0.1 a_test:x" "asan passed 2.5 a_test:x" ||
    atf_fail "$(cat out)"
  atf_check_equal "2 passed, 0 failed" "$(last_line)"
}

atf_test_case count__failed_and_broken_fail
count__failed_and_broken_fail_body()
{
  ! tally_of "release passed 0.1 a_test:x" "release failed 0.1 a_test:y why" \
    "release broken 0.1 a_test:z core dumped" || atf_fail "$(cat out)"
  atf_check_equal "1 passed, 2 failed" "$(last_line)"
  atf_check -o match:'a_test:z \(release\) core dumped' cat out
}

atf_test_case count__listed_skip_is_fine
count__listed_skip_is_fine_body()
{
  tally_of "release passed 0.1 a_test:x" \
    "release skipped 0.1 a_test:listed rare" || atf_fail "$(cat out)"
  atf_check_equal "1 passed, 0 failed, 1 skipped" "$(last_line)"
}

atf_test_case count__other_skips_fail
count__other_skips_fail_body()
{
  ! tally_of "release passed 0.1 a_test:x" \
    "release skipped 0.1 a_test:other no reason" || atf_fail "$(cat out)"
  atf_check_equal "1 passed, 0 failed, 1 skipped" "$(last_line)"
  ! tally_of "release passed 0.1 a_test:x" \
    "release expected_failure 0.1 a_test:known bug" || atf_fail "$(cat out)"
}

atf_test_case count__nothing_run_fails
count__nothing_run_fails_body()
{
  ! tally_of "release skipped 0.1 a_test:listed rare" || atf_fail "$(cat out)"
}

atf_test_case undo__last_first_on_every_way_out
undo__last_first_on_every_way_out_body()
{
  cat >run <<'END'
set -eu -o pipefail
. "$1/.ci/setup.sh"
at_exit echo first
at_exit echo second
case $2 in
  fall) ;;
  die) die "no" ;;
  signal) kill -s INT $$ ;;
esac
END
  atf_check -o inline:"second\nfirst\n" bash run "$(source_root)" fall
  atf_check -s exit:1 -e match:no -o inline:"second\nfirst\n" \
    bash run "$(source_root)" die
  atf_check -s exit:130 -o inline:"second\nfirst\n" \
    bash run "$(source_root)" signal
}

atf_test_case packages__missing_ones_are_named
packages__missing_ones_are_named_body()
{
  mkdir -p root/.ci
  cat >root/.ci/packages <<'END'
# comment
build  bash
build  vecs-no-such-package
check  vecs-nor-this
END
  cat >run <<'END'
set -eu -o pipefail
root=$PWD/root
. "$1/.ci/setup.sh"
packages_missing build
END
  atf_check -o inline:"vecs-no-such-package\n" bash run "$(source_root)"
}

atf_test_case usage__other_words_are_refused
usage__other_words_are_refused_body()
{
  atf_check -s exit:2 -e match:Usage "$(source_root)/bootstrap" chekc
  atf_check -o match:Usage "$(source_root)/bootstrap" --help
}

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  atf_add_test_case count__all_passed
  atf_add_test_case count__failed_and_broken_fail
  atf_add_test_case count__listed_skip_is_fine
  atf_add_test_case count__other_skips_fail
  atf_add_test_case count__nothing_run_fails
  atf_add_test_case undo__last_first_on_every_way_out
  atf_add_test_case packages__missing_ones_are_named
  atf_add_test_case usage__other_words_are_refused
}
