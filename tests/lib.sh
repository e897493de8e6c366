# Helpers of the shell tests.  A test program sources this file first in
# atf_init_test_cases:  . "$(atf_get_srcdir)/lib.sh"  (or ../tests/lib.sh)

# The build folder, and the checkout that it was made from.
build_root()
{
  (
    cd "$(atf_get_srcdir)" || exit
    while [ ! -f CMakeCache.txt ] && [ "$PWD" != / ]; do cd ..; done
    pwd
  )
}

source_root()
{
  if [ -f "$(build_root)/../bootstrap" ]; then
    (cd "$(build_root)/.." && pwd)
  else
    sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' \
      "$(build_root)/CMakeCache.txt"
  fi
}

# Puts this build first and gives it a database, a configuration and an
# openssl.cnf of its own, all in the current folder.
vecs_private()
{
  build=$(build_root)
  source=$(source_root)
  module=$build/module/vecs-pkcs11.so
  PATH=$build/tool:$PATH
  VECS_HOME=$PWD/vecs-home
  VECS_CONF=$PWD/vecs.conf
  VECS_MODULE=$module
  OPENSSL_CONF=$PWD/openssl.cnf
  export PATH VECS_HOME VECS_CONF VECS_MODULE OPENSSL_CONF
  mkdir -p "$VECS_HOME"
  chmod 700 "$VECS_HOME"
  conf_fill vecs.conf >"$VECS_CONF"
  echo "log = file:$PWD/vecs.log" >>"$VECS_CONF"
  conf_fill openssl-vecs.cnf.in >"$OPENSSL_CONF"
}

# A file of conf/ with its placeholders filled for this build and folder:
# conf_fill FILE [sed-expression...]
conf_fill()
{
  local file=$1 args=
  shift
  for e; do args="$args -e $e"; done
  # shellcheck disable=SC2086
  sed -e "s|@VECS_MODULE@|${module}|g" \
    -e "s|@VECS_PROVIDER@|${provider:-$build/provider/vecs.so}|g" \
    -e "s|@VECS_DIR@|$PWD|g" $args "${source}/conf/$file"
}

# A CA in ca.crt and ca.key.
make_ca()
{
  env -u OPENSSL_CONF openssl req -x509 -newkey ec \
    -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt \
    -days 30 -subj "/CN=Test CA" 2>openssl.log || { cat openssl.log; return 1; }
}

# make_cert NAME [ALGORITHM]: NAME.key and, issued by the CA to localhost,
# NAME.crt.  The algorithm is as genpkey's: RSA (2048), EC (P-256), ED25519.
make_cert()
{
  local name=$1 opt=
  [ "${2:-RSA}" != EC ] || opt="-pkeyopt ec_paramgen_curve:P-256"
  (
    unset OPENSSL_CONF
    # shellcheck disable=SC2086
    openssl genpkey -algorithm "${2:-RSA}" $opt -out "$name.key" &&
      openssl req -new -key "$name.key" -subj "/O=Test/CN=$name" \
        -out "$name.csr" &&
      printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >"$name.ext" &&
      openssl x509 -req -in "$name.csr" -CA ca.crt -CAkey ca.key \
        -set_serial "0x$(openssl rand -hex 8)" -days 30 \
        -extfile "$name.ext" -out "$name.crt"
  ) >openssl.log 2>&1 || { cat openssl.log; return 1; }
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for()
{
  local tries=$(($1 * 20))
  shift
  while ! "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || return 1
    sleep 0.05
  done
}

# A loopback port that nobody listens on.
free_port()
{
  /usr/bin/python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Whether a process runs: one that only waits to be reaped does not.
alive()
{
  case $(ps -o stat= -p "$1" 2>/dev/null) in
  '' | Z*) return 1 ;;
  esac
}

# stop_pid FILE: ends the process whose id the file holds.
stop_pid()
{
  local pid tries=200
  [ -s "$1" ] || return 0
  read -r pid <"$1"
  kill -s TERM "$pid" 2>/dev/null
  while alive "$pid"; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || kill -s KILL "$pid"
    sleep 0.05
  done
}

# A SoftHSM2 token "soft" (PIN 1234, SO PIN 5678) of this folder alone.
softhsm_private()
{
  mkdir -p softhsm
  printf 'directories.tokendir = %s/softhsm\nobjectstore.backend = file\n' \
    "$PWD" >softhsm.conf
  SOFTHSM2_CONF=$PWD/softhsm.conf
  export SOFTHSM2_CONF
  softhsm=/usr/lib/softhsm/libsofthsm2.so
  softhsm2-util --init-token --free --label soft --pin 1234 --so-pin 5678 \
    >softhsm.log || { cat softhsm.log; return 1; }
}

# put_entry STORE ALIAS: a new certificate ALIAS.crt and its key into the
# store by vecs-cli; the key file is deleted.  A third word is the algorithm.
put_entry()
{
  make_cert "$2" "${3:-RSA}" || return 1
  vecs-cli entry create --store "$1" --alias "$2" --cert "$2.crt" \
    --key "$2.key" >put_entry.log 2>&1 || { cat put_entry.log; return 1; }
  rm "$2.key"
}

# key_reference STORE ALIAS: the PEM URI file of the entry's key, beside its
# certificate, as servers look for it.
key_reference()
{
  vecs-cli entry getkey --store "$1" --alias "$2" --reference \
    --output "$2.crt.key"
}

# handshake PORT [s_client option...]: makes one TLS connection that verifies
# chain and name, and prints what was agreed on.
handshake()
{
  local port=$1
  shift
  env -u OPENSSL_CONF openssl s_client -connect "127.0.0.1:$port" \
    -servername localhost -verify_hostname localhost -CAfile ca.crt \
    -verify_return_error -brief "$@" </dev/null 2>&1
}

# Fails the case unless TLS 1.3 and 1.2 work on $port; the word matches the type
# of the signature (OpenSSL 3.0 and 3.5 spell it differently).
serves()
{
  local version
  for version in 1_3 1_2; do
    handshake "$port" "-tls$version" >handshake.out ||
      atf_fail "TLS $version: $(cat handshake.out)"
    atf_check -o match:"Protocol version: TLSv1.${version#1_}" \
      -o match:'Verification: OK' -o match:"Signature type: (${1:-.})" \
      cat handshake.out
  done
}

# server_wait PID PORT: until the server listens; fails when it has ended.
server_wait()
{
  local i=0
  while [ $i -lt 200 ]; do
    alive "$1" || return 1
    /usr/bin/python3 -c 'import socket, sys
socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1)' "$2" \
      2>/dev/null && return 0
    i=$((i + 1))
    sleep 0.05
  done
  return 1
}

# nginx_start CERT: serves CERT, whose key is named by CERT.key, with workers
# that are www-data; the pid is in nginx.pid and the port in $port.
nginx_start()
{
  port=$(free_port)
  conf_fill nginx-vecs.conf.in "s|@VECS_CERT@|$PWD/$1|" \
    "s|@VECS_LISTEN@|127.0.0.1:$port|" >nginx-vecs.conf
  {
    [ "$(id -u)" != 0 ] || echo "user www-data;"
    conf_fill ../tests/nginx.conf.in
  } >nginx.conf
  : >nginx-error.log
  nginx -p "$PWD" -c "$PWD/nginx.conf" -e "$PWD/nginx-error.log" \
    </dev/null >nginx.out 2>&1 &
  echo $! >nginx.started
  server_wait $! "$port" || {
    cat nginx.out nginx-error.log
    return 1
  }
}

nginx_stop()
{
  stop_pid nginx.started
}
