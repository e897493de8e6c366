# The fuzz targets of tests/fuzz, five minutes each, two at once.  Sourced by
# check.sh; runs in a subshell of its own.  What libFuzzer finds stays in
# build-fuzz/: corpus/NAME/ new inputs, found/NAME-* those that fail.

FUZZ_SECONDS=300

# Runs in a folder of its own; the last lines of its output if it fails.
fuzz_one()
{
  local name=$1 folder=$2 work status=0
  work=$(mktemp -d)
  mkdir -p "$folder/corpus/$name" "$folder/found"
  (cd "$work" && env -i PATH=/usr/bin:/bin TMPDIR="$work" HOME=/nonexistent \
    ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 \
    UBSAN_OPTIONS=print_stacktrace=1 \
    "$folder/tests/fuzz/fuzz-$name" -max_total_time="$3" -timeout=30 \
    -rss_limit_mb=3072 -close_fd_mask=1 -print_final_stats=1 \
    -artifact_prefix="$folder/found/$name-" "$folder/corpus/$name" \
    "$4/tests/fuzz/corpus/$name") >"$folder/found/$name.log" 2>&1 || status=$?
  rm -rf "$work"
  if [ "$status" != 0 ]; then
    tail -n 40 "$folder/found/$name.log"
    echo "fuzz-$name failed; again: build-fuzz/tests/fuzz/fuzz-$name FILE"
  fi
  return "$status"
}

fuzz()
{
  build_tree fuzz build-fuzz || return 1
  export -f fuzz_one
  # shellcheck disable=SC2016
  find "$root/build-fuzz/tests/fuzz" -name 'fuzz-*' -type f -perm -u+x \
    -printf '%f\n' | sed 's/^fuzz-//' | sort |
    xargs -P 2 -I NAME bash -c 'fuzz_one "$@"' fuzz NAME \
      "$root/build-fuzz" "$FUZZ_SECONDS" "$root"
}
