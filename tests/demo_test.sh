#! /usr/bin/env atf-sh
# ./bootstrap demo makes its handshakes, and leaves nothing behind.

# Nothing of the demonstration runs or lies about; its folder is below $TMPDIR.
nothing_left()
{
  atf_check -s exit:1 pgrep -f "^nginx.* $PWD/vecs-demo"
  atf_check -o empty find . -maxdepth 1 -name 'vecs-demo*'
}

atf_test_case demo_works
demo_works_head()
{
  atf_set require.user root
}
demo_works_body()
{
  TMPDIR=$PWD
  export TMPDIR
  "$(source_root)/bootstrap" demo >out 2>&1 || atf_fail "$(cat out)"
  atf_check -o match:'TLSv1.3.*Verification: OK' \
    -o match:'TLSv1.2.*Verification: OK' \
    -o match:'Alias :.__MACHINE_CERT' cat out
  atf_check -s exit:1 grep -e '-----' out
  nothing_left
}

atf_test_case demo_interrupted
demo_interrupted_head()
{
  atf_set descr "wherever it is stopped, nothing is left running"
  atf_set require.user root
}
demo_interrupted_body()
{
  local seconds pid
  TMPDIR=$PWD
  export TMPDIR
  for seconds in 0.2 0.4 0.6 0.8; do
    setsid "$(source_root)/bootstrap" demo >out 2>&1 &
    pid=$!
    sleep $seconds
    kill -s TERM -- "-$pid" 2>/dev/null
    wait $pid
    nothing_left
  done
}

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  atf_add_test_case demo_works
  atf_add_test_case demo_interrupted
}
