#! /usr/bin/env atf-sh
# nginx with its key in a store: it serves from there, and from nowhere else.

# A database that only root may open, a CA, and an entry "www" to be served.
www_prepare()
{
  vecs_private
  make_ca || atf_fail "no CA"
  put_entry MACHINE_SSL_CERT www "${1:-RSA}" || atf_fail "no entry"
  key_reference MACHINE_SSL_CERT www || atf_fail "no reference"
}

atf_test_case serves_rsa cleanup
serves_rsa_head()
{
  atf_set require.user root
}
serves_rsa_body()
{
  www_prepare RSA
  nginx_start www.crt || atf_fail "nginx did not start"
  serves 'RSA-PSS|rsa_pss'
}
serves_rsa_cleanup()
{
  nginx_stop
}

atf_test_case serves_ec cleanup
serves_ec_head()
{
  atf_set require.user root
}
serves_ec_body()
{
  www_prepare EC
  nginx_start www.crt || atf_fail "nginx did not start"
  serves 'ECDSA|ecdsa'
}
serves_ec_cleanup()
{
  nginx_stop
}

atf_test_case workers_cannot_open_the_database cleanup
workers_cannot_open_the_database_head()
{
  atf_set descr "the key is used by workers who may not read the file"
  atf_set require.user root
}
workers_cannot_open_the_database_body()
{
  local master worker
  www_prepare
  nginx_start www.crt || atf_fail "nginx did not start"
  read -r master <nginx.started
  for worker in $(pgrep -P "$master"); do
    atf_check_equal www-data "$(ps -o user= -p "$worker" | tr -d ' ')"
  done
  atf_check test -n "$worker"
  atf_check -s exit:1 setpriv --reuid www-data --regid www-data \
    --clear-groups test -r "$VECS_HOME/vecs.db"
  # No worker holds it open from the time before it became www-data.
  for worker in $(pgrep -P "$master"); do
    ls -l "/proc/$worker/fd" | grep -F vecs.db
  done >open
  atf_check -o not-match:'vecs\.db$' cat open
  serves 'RSA-PSS|rsa_pss'
}
workers_cannot_open_the_database_cleanup()
{
  nginx_stop
}

atf_test_case deleted_entry__serves_no_more cleanup
deleted_entry__serves_no_more_head()
{
  atf_set descr "the handshakes are made with the key inside the store"
  atf_set require.user root
}
deleted_entry__serves_no_more_body()
{
  www_prepare
  nginx_start www.crt || atf_fail "nginx did not start"
  serves 'RSA-PSS|rsa_pss'
  atf_check -o ignore vecs-cli entry delete --store MACHINE_SSL_CERT \
    --alias www -y
  # Workers know the key as loaded, but it is gone.
  handshake "$port" -tls1_3 >out && atf_fail "served with a deleted key"
  nginx_stop
  nginx_start www.crt >out && atf_fail "started with a deleted key"
  atf_check -o match:'cannot load certificate key' cat nginx-error.log
}
deleted_entry__serves_no_more_cleanup()
{
  nginx_stop
}

# Connects again and again until the file "enough" is there: a line for each
# connection in "served": ok or failed, and the certificate's serial number.
client_loop()
{
  local version=-tls1_3 serial
  while [ ! -e enough ]; do
    if env -u OPENSSL_CONF openssl s_client -connect "127.0.0.1:$port" \
      -servername localhost -verify_hostname localhost -CAfile ca.crt \
      -verify_return_error $version </dev/null >client.out 2>client.err; then
      serial=$(openssl x509 -noout -serial <client.out)
      echo "ok $serial" >>served
    else
      echo "failed $(tail -n 1 client.err)" >>served
    fi
    if [ $version = -tls1_3 ]; then version=-tls1_2; else version=-tls1_3; fi
  done
}

# served_more N: waits for N further connections.
served_more()
{
  local before
  before=$(wc -l <served)
  wait_for 60 sh -c "[ \$(wc -l <served) -ge $((before + $1)) ]"
}

serial_of()
{
  env -u OPENSSL_CONF openssl x509 -noout -serial -in "$1"
}

# replace_www NAME: the entry becomes NAME's pair, and so does the file that
# nginx will read at its reload.
replace_www()
{
  atf_check -o ignore vecs-cli entry replace --store MACHINE_SSL_CERT \
    --alias www --cert "$1.crt" --key "$1.key"
  cp "$1.crt" www.crt
}

# reload_serves SERIAL: after a reload, nginx serves that certificate.
reload_serves()
{
  kill -HUP "$master"
  wait_for 20 grep -q "$1" served || {
    cat nginx-error.log
    atf_fail "after the reload, $1 never came"
  }
}

atf_test_case replaced_entry__no_failed_handshake cleanup
replaced_entry__no_failed_handshake_head()
{
  atf_set descr "entry replace and a reload under load, seen by a client"
  atf_set require.user root
}
replaced_entry__no_failed_handshake_body()
{
  local client old master
  www_prepare
  make_cert second && make_cert third || atf_fail "no certificates"
  nginx_start www.crt || atf_fail "nginx did not start"
  read -r master <nginx.started
  old=$(serial_of www.crt)
  : >served
  (unset OPENSSL_CONF; client_loop) &
  client=$!
  echo $client >client.pid
  served_more 10 || atf_fail "no connections before"
  replace_www second
  served_more 10 || atf_fail "no connections between"
  atf_check_equal "ok $old" "$(tail -n 1 served)"
  reload_serves "$(serial_of second.crt)"
  # At once again: nothing may remember the key of a moment ago.
  replace_www third
  reload_serves "$(serial_of third.crt)"
  served_more 20 || atf_fail "no connections after"
  touch enough
  wait $client
  atf_check_equal "ok $(serial_of third.crt)" "$(tail -n 1 served)"
  atf_check -s exit:1 grep failed served
}
replaced_entry__no_failed_handshake_cleanup()
{
  touch enough
  stop_pid client.pid
  nginx_stop
}

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  atf_add_test_case serves_rsa
  atf_add_test_case serves_ec
  atf_add_test_case workers_cannot_open_the_database
  atf_add_test_case deleted_entry__serves_no_more
  atf_add_test_case replaced_entry__no_failed_handshake
}
