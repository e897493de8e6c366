# ./bootstrap demo: a machine certificate in a store, served by nginx.
# Sourced by ./bootstrap.  Everything it makes is in one temporary folder.

demo_fill()
{
  sed -e "s|@VECS_MODULE@|$root/build/module/vecs-pkcs11.so|" \
    -e "s|@VECS_PROVIDER@|$root/build/provider/vecs.so|" \
    -e "s|@VECS_DIR@|$dir|" -e "s|@VECS_CERT@|$dir/machine.crt|" \
    -e "s|@VECS_LISTEN@|127.0.0.1:$port|" "$1"
}

# Runs a program with the demonstration's database and nothing of the caller.
demo_env()
{
  env -i "${environment[@]}" "$@"
}

cli()
{
  demo_env "$root/build/tool/vecs-cli" "$@"
}

# openssl without our provider: the clients need none.
plain_openssl()
{
  demo_env openssl "$@"
}

demo_certificates()
{
  say "a CA, and a certificate for this machine (openssl)"
  plain_openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout ca.key -out ca.crt -days 30 -subj "/CN=VECS demonstration CA" &&
    plain_openssl req -new -newkey rsa:2048 -nodes -keyout machine.key \
      -out machine.csr -subj "/O=VECS demonstration/CN=localhost" &&
    echo "subjectAltName=DNS:localhost" >machine.ext &&
    plain_openssl x509 -req -in machine.csr -CA ca.crt -CAkey ca.key \
      -set_serial 2 -days 30 -extfile machine.ext -out machine.crt
}

demo_store()
{
  say "into the store, and the key file is deleted (vecs-cli)"
  cli entry create --store MACHINE_SSL_CERT --alias __MACHINE_CERT \
    --cert machine.crt --key machine.key &&
    rm machine.key &&
    cli entry getkey --store MACHINE_SSL_CERT --alias __MACHINE_CERT \
      --reference --output machine.crt.key &&
    grep -q "PKCS#11 PROVIDER URI" machine.crt.key &&
    ! grep -q "PRIVATE KEY" machine.crt.key
}

# Starts nginx on a free port: another one is tried when somebody took it.
demo_nginx_start()
{
  local try
  for try in 1 2 3 4 5; do
    port=$((20000 + RANDOM))
    demo_fill "$root/conf/nginx-vecs.conf.in" >nginx-vecs.conf
    demo_fill "$root/tests/nginx.conf.in" >nginx.conf
    [ "$(id -u)" != 0 ] || sed -i '1i user www-data;' nginx.conf
    # exec, so that the process to be stopped is nginx itself.
    (exec env -i "${environment[@]}" OPENSSL_CONF="$dir/openssl.cnf" \
      nginx -p "$dir" -c "$dir/nginx.conf" -e "$dir/nginx-error.log") \
      </dev/null >nginx.out 2>&1 &
    nginx=$!
    demo_nginx_wait && return 0
    wait "$nginx" || true
    nginx=
    grep -q "bind() to" nginx-error.log || break
    : >nginx-error.log
  done
  cat nginx.out nginx-error.log >&2
  return 1
}

demo_nginx_wait()
{
  local i
  for ((i = 0; i < 200; i++)); do
    kill -0 "$nginx" 2>/dev/null || return 1
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      [ -s nginx.pid ] && return 0
    fi
    sleep 0.05
  done
  return 1
}

demo_nginx_stop()
{
  [ -n "${nginx:-}" ] || return 0
  kill -TERM "$nginx" 2>/dev/null || true
  wait "$nginx" 2>/dev/null || true
  nginx=
}

# A handshake that verifies the chain and the name; says what was agreed on.
demo_handshake()
{
  local out
  out=$(plain_openssl s_client -connect "127.0.0.1:$port" \
    -servername localhost -verify_hostname localhost -CAfile ca.crt \
    -verify_return_error -brief "-$1" </dev/null 2>&1) || {
    printf '%s\n' "$out" >&2
    return 1
  }
  printf '%s\n' "$out" |
    grep -E '^(Protocol version|Ciphersuite|Verification|Signature type)' |
    paste -sd, | sed 's/,/, /g; s/^/   /'
}

demo_last_words()
{
  local workers=
  [ "$(id -u)" != 0 ] ||
    workers=", who are www-data and may not open the database"
  cat <<END

What this showed: a certificate and its private key went into the store
MACHINE_SSL_CERT, sealed in one database file, and the key file was deleted.
nginx was given a file that holds only the key's name, a pkcs11: URI; the
provider vecs.so asked the store for the signature of each handshake, also in
nginx's workers$workers.
What to try next, with a database of your own (/var/lib/vecs for root, else in
~/.local/share/vecs):
   $root/build/tool/vecs-cli store list
   $root/build/tool/vecs-cli help
   less $root/README.md
END
}

# From the certificates to the handshakes; errors end it.
demo_run()
{
  quietly demo_certificates || die "openssl could not make the certificates"
  demo_store || die "the certificate could not be put into the store"
  say "nginx, with the key named by its URI"
  demo_nginx_start || die "nginx did not start"
  say "handshakes that verify the chain (openssl s_client)"
  demo_handshake tls1_3 || die "the TLS 1.3 handshake failed"
  demo_handshake tls1_2 || die "the TLS 1.2 handshake failed"
  say "the entry, as vecs-cli lists it"
  cli entry list --store MACHINE_SSL_CERT | awk '
    /^Certificate :/ { print "   Certificate :\t(PEM)"; pem = 1 }
    !pem && NF { print "   " $0 }
    /^-----END/ { pem = 0 }'
  demo_nginx_stop
  say "nginx is stopped"
}

demo()
{
  packages_install build demo
  demo_build
  dir=$(mktemp -d "${TMPDIR:-/tmp}/vecs-demo.XXXXXX")
  at_exit rm -rf "$dir"
  at_exit demo_nginx_stop
  chmod 755 "$dir"
  mkdir -m 700 "$dir/home"
  cd "$dir"
  environment=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    HOME="$dir" LANG=C.UTF-8 VECS_HOME="$dir/home" VECS_CONF="$dir/vecs.conf")
  cp "$root/conf/vecs.conf" vecs.conf
  echo "log = file:$dir/vecs.log" >>vecs.conf
  port=0 demo_fill "$root/conf/openssl-vecs.cnf.in" >openssl.cnf
  demo_run
  cd /
  demo_last_words
}

# The tests are built only where a check has asked for them before.
demo_build()
{
  if grep -qs '^VECS_TESTS:BOOL=ON' "$root/build/CMakeCache.txt"; then
    build_tree release build -DCMAKE_C_COMPILER=gcc -DVECS_TESTS=ON
  else
    build_tree release build -DCMAKE_C_COMPILER=gcc -DVECS_TESTS=OFF
  fi
}
