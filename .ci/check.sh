# ./bootstrap check: builds and runs the tests, tier by tier, and counts.
# Sourced by ./bootstrap.  What it writes is in build/check/.

# The whole environment of a test; the caller's own variables stay outside.
test_environment()
{
  printf '%s\n' PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8 TMPDIR=/tmp HOME=/nonexistent \
    "VECS_TEST_LONG=$long" \
    "LSAN_OPTIONS=suppressions=$tree/tests/lsan.supp:print_suppressions=0" \
    ASAN_OPTIONS=detect_leaks=1 \
    UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
    "TSAN_OPTIONS=suppressions=$tree/tests/tsan.supp:halt_on_error=1"
}

# The user that stands for "not root" in the tests.
test_user()
{
  id vecs-test >/dev/null 2>&1 || quietly as_root useradd --system \
    --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin \
    vecs-test || die "cannot make the user vecs-test"
}

# Where the tests see the checkout: in its place, or, when that is closed to
# other users (as /root is), below /run, in a mount namespace of their own.
tree_choose()
{
  tree=$root
  as_root setpriv --reuid vecs-test --regid vecs-test --clear-groups \
    test -r "$root/build/CMakeCache.txt" 2>/dev/null && return
  tree=$(as_root mktemp -d /run/vecs-check.XXXXXX)
  at_exit as_root rmdir "$tree"
  as_root chmod 755 "$tree"
}

in_tree()
{
  if [ "$tree" = "$root" ]; then
    as_root "$@"
    return
  fi
  # shellcheck disable=SC2016
  as_root unshare --mount sh -c 'mount --bind "$1" "$2" || exit 3
    cd "$2" && shift 2 && exec "$@"' sh "$root" "$tree" "$@"
}

kyua()
{
  local environment
  mapfile -t environment < <(test_environment)
  in_tree env -i --default-signal "${environment[@]}" kyua --config=none \
    --logfile="$tree/build/check/kyua.log" \
    -v unprivileged_user=vecs-test -v parallelism=2 "$@"
}

# The test programs of a build folder that are compiled: the ones that a
# sanitizer can look into.
programs_compiled()
{
  kyua list --kyuafile="$tree/Kyuafile" --build-root="$tree/$1" |
    cut -d: -f1 | sort -u | while read -r program; do
    [ "$(head -c 4 "$root/$1/$program" | tail -c 3)" != ELF ] ||
      printf '%s\n' "$program"
  done
}

# run_tests TIER FOLDER [PROGRAM...]: adds its results to the tally.
run_tests()
{
  local tier=$1 folder=$2 results=$tree/build/check/$1.db
  shift 2
  say "testing: $tier"
  as_root rm -f "$root/build/check/$tier.db"
  kyua test --kyuafile="$tree/Kyuafile" --build-root="$tree/$folder" \
    --results-file="$results" "$@" || true
  [ -s "$root/build/check/$tier.db" ] || die "kyua could not run"
  kyua report --results-file="$results" \
    --results-filter=passed,skipped,xfail,broken,failed |
    awk -v tier="$tier" '/  ->  / {
      time = $NF; gsub(/[][s]/, "", time)
      status = $3; sub(/:$/, "", status)
      why = $0; sub(/.*  ->  [a-z_]+:? */, "", why)
      sub(/ *\[[0-9.]+s\]$/, "", why)
      sub(/<<NEWLINE>>.*/, " ...", why)
      sub(/Test result contains multiple lines: /, "", why)
      print tier, status, time, $1, why
    }' >>"$tally"
  kyua report --results-file="$results" --verbose \
    --results-filter=broken,failed |
    sed -n '/^===> [^ ]*:/,/^===> [A-Z]/p' |
    sed '/^Metadata:/,/^$/d' >>"$details"
}

# A part of the second tier that is one test by itself.
stage()
{
  local name=$1 status=passed begin=$SECONDS
  shift
  say "testing: $name"
  ("$@") || status=failed
  printf 'all %s %s %s -\n' $status $((SECONDS - begin)) "$name" >>"$tally"
}

# Names the cases of a status, or of all but it.
tally_list()
{
  awk -v "wanted=$1" '$2 ~ wanted {
    why = ""; for (i = 5; i <= NF; i++) why = why " " $i
    printf "   %s (%s)%s\n", $4, $1, why
  }' "$tally"
}

# Skips that tests/skips does not list, as "   CASE (TIER) reason" lines.
skips_unlisted()
{
  local name rest
  tally_list '^(skipped|expected_failure)$' | while read -r name rest; do
    awk -v "name=$name" '!/^#/ && $1 == name { found = 1 }
      END { exit !found }' "$root/tests/skips" || echo "   $name $rest"
  done
}

# The last lines of a run; its status is whether all is well.
tally_report()
{
  local passed failed skipped unlisted
  say "the ten slowest"
  sort -k3,3 -rn "$tally" |
    awk 'NR <= 10 { printf "%9.1f s  %s (%s)\n", $3, $4, $1 }'
  passed=$(grep -c '^[^ ]* passed ' "$tally" || true)
  skipped=$(grep -cE '^[^ ]* (skipped|expected_failure) ' "$tally" || true)
  failed=$(($(wc -l <"$tally") - passed - skipped))
  unlisted=$(skips_unlisted)
  if [ "$failed" != 0 ]; then
    say "failures in detail (all of it: build/check/failures.txt)"
    head -n 400 "$details"
    say "failed"
    tally_list '^(failed|broken)$'
  fi
  [ "$skipped" = 0 ] || say "skipped"
  tally_list '^(skipped|expected_failure)$'
  if [ -n "$unlisted" ]; then
    say "skipped, and not listed in tests/skips: the run fails"
    printf '%s\n' "$unlisted"
  fi
  printf '%s passed, %s failed%s\n' "$passed" "$failed" \
    "$([ "$skipped" = 0 ] || echo ", $skipped skipped")"
  [ "$failed" = 0 ] && [ -z "$unlisted" ] && [ "$passed" != 0 ]
}

first_tier()
{
  run_tests release build
  build_tree asan build-asan -DCMAKE_C_COMPILER=gcc -DVECS_TESTS=ON \
    -DCMAKE_COMPILE_WARNING_AS_ERROR=ON
  # shellcheck disable=SC2046
  run_tests asan build-asan $(programs_compiled build-asan)
}

second_tier()
{
  build_tree tsan build-tsan -DCMAKE_C_COMPILER=gcc -DVECS_TESTS=ON \
    -DCMAKE_COMPILE_WARNING_AS_ERROR=ON
  # shellcheck disable=SC2046
  run_tests tsan build-tsan $(programs_compiled build-tsan)
  stage clang build_tree release build-clang -DCMAKE_C_COMPILER=clang \
    -DVECS_TESTS=ON -DCMAKE_COMPILE_WARNING_AS_ERROR=ON
  . "$root/.ci/fuzz.sh"
  stage fuzz fuzz
  . "$root/.ci/trixie.sh"
  stage debian-13 trixie
}

# The npm of Debian, unless there is another: the two do not go together.
npm_missing()
{
  command -v npm >/dev/null || echo npm
}

# A client of PKCS#11 that only npm has, into build/npm.  Without it its tests
# are skipped.
npm_install()
{
  local folder=$root/build/npm
  [ ! -e "$folder/node_modules/pkcs11js/build/Release/pkcs11.node" ] || return 0
  mkdir -p "$folder"
  say "installing pkcs11js"
  # It is compiled with the headers in /usr/include/node.
  quietly env npm_config_nodedir=/usr npm install --prefix "$folder" \
    --no-save --no-audit --no-fund --no-update-notifier pkcs11js@2.1.7 ||
    say "npm has not installed pkcs11js"
}

check()
{
  long=0
  [ "$1" != --all ] || long=1
  # shellcheck disable=SC2046
  packages_install build check "check$(. /etc/os-release; echo "$VERSION_ID")" \
    $(npm_missing) $([ $long = 0 ] || echo all)
  test_user
  build_tree release build -DCMAKE_C_COMPILER=gcc -DVECS_TESTS=ON
  npm_install
  tree_choose
  mkdir -p "$root/build/check"
  tally=$root/build/check/tally.txt details=$root/build/check/failures.txt
  : >"$tally"
  : >"$details"
  first_tier
  [ $long = 0 ] || second_tier
  tally_report
}
