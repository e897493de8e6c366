#! /usr/bin/env atf-sh
# Apache and HAProxy serve with a key in a store, by the sample files of conf/.

www_prepare()
{
  vecs_private
  make_ca || atf_fail "no CA"
  put_entry MACHINE_SSL_CERT www RSA || atf_fail "no entry"
  key_reference MACHINE_SSL_CERT www || atf_fail "no reference"
  port=$(free_port)
}

# server_start COMMAND...: in the foreground of a process of its own.
server_start()
{
  "$@" </dev/null >server.out 2>&1 &
  echo $! >server.pid
  server_wait $! "$port" || {
    cat server.out ./*-error.log
    atf_fail "the server did not start"
  }
}

atf_test_case apache cleanup
apache_head()
{
  atf_set require.user root
  atf_set require.progs apache2
}
apache_body()
{
  www_prepare
  conf_fill apache-vecs.conf.in "s|@VECS_CERT@|$PWD/www.crt|" \
    "s|@VECS_LISTEN@|127.0.0.1:$port|" >apache-vecs.conf
  conf_fill ../tests/apache.conf.in >apache.conf
  server_start apache2 -f "$PWD/apache.conf" -DFOREGROUND
  serves
}
apache_cleanup()
{
  stop_pid server.pid
}

atf_test_case haproxy cleanup
haproxy_head()
{
  atf_set require.user root
  atf_set require.progs haproxy
}
haproxy_body()
{
  www_prepare
  conf_fill haproxy-vecs.cfg.in "s|@VECS_CERT@|$PWD/www.crt|" \
    "s|@VECS_LISTEN@|127.0.0.1:$port|" >haproxy-vecs.cfg
  conf_fill ../tests/haproxy.cfg.in >haproxy.cfg
  server_start haproxy -W -f haproxy.cfg -f haproxy-vecs.cfg
  serves
}
haproxy_cleanup()
{
  stop_pid server.pid
}

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  atf_add_test_case apache
  atf_add_test_case haproxy
}
