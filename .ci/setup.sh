# What demo and check have in common: words for the user, packages, building.
# Sourced by ./bootstrap, which sets `root`.

say()
{
  printf '== %s\n' "$*"
}

die()
{
  printf 'bootstrap: %s\n' "$*" >&2
  exit 1
}

as_root()
{
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this needs root: run it as root or install sudo ($*)"
  fi
}

# Undoing: each step that changes something outside the build folders
# registers how to take it back; the last one first, on every way out.
undo=()

at_exit()
{
  undo+=("$*")
}

undo_all()
{
  local status=$? i
  trap '' INT TERM HUP
  for ((i = ${#undo[@]} - 1; i >= 0; i--)); do
    eval "${undo[i]}" || true
  done
  undo=()
  exit "$status"
}

trap undo_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Runs a command whose output matters only when it fails.
quietly()
{
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || status=$?
  [ "$status" = 0 ] || cat "$log" >&2
  rm -f "$log"
  return "$status"
}

# packages_missing KIND...: what dpkg does not have of .ci/packages.
packages_missing()
{
  local wanted
  wanted=$(awk -v kinds=" $* " \
    '!/^#/ && index(kinds, " " $1 " ") { print $2 }' "$root/.ci/packages" |
    sort -u)
  # dpkg-query fails when it does not know a name: that is an answer.
  # shellcheck disable=SC2086
  { dpkg-query -W -f '${Package} ${db:Status-Status}\n' $wanted \
    2>/dev/null || true; } |
    awk '$2 == "installed" { print $1 }' | sort -u |
    comm -13 - <(printf '%s\n' "$wanted")
}

# No package starts a service here: the answer is "not allowed" until exit.
services_hold()
{
  local policy=/usr/sbin/policy-rc.d answer=0
  if [ -e $policy ]; then
    $policy vecs start >/dev/null 2>&1 || answer=$?
    [ "$answer" != 101 ] || return 0
    at_exit as_root mv -f $policy.vecs-saved $policy
    as_root mv $policy $policy.vecs-saved
  else
    at_exit as_root rm -f $policy
  fi
  printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
  as_root chmod 755 $policy
}

apt()
{
  quietly as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
    apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

packages_install()
{
  local missing
  missing=$(packages_missing "$@")
  [ -n "$missing" ] || return 0
  say "installing" $missing
  services_hold
  apt update || die "apt-get update failed"
  # shellcheck disable=SC2086
  apt install --no-install-recommends $missing ||
    die "apt-get install failed"
}

# build_tree PRESET FOLDER [CMAKE-ARGUMENT...]: configures once (ninja does so
# again by itself when a CMake file changes), then builds what has changed.
build_tree()
{
  local preset=$1 folder=$root/$2 wanted="$*"
  shift 2
  if [ ! -f "$folder/build.ninja" ] ||
    [ "$(cat "$folder/.configured" 2>/dev/null)" != "$wanted" ]; then
    say "configuring ${folder##*/}"
    (cd "$root" && quietly env -u CC -u CFLAGS -u LDFLAGS -u LIBRARY_PATH \
      cmake --preset "$preset" -B "$folder" "$@") ||
      die "cmake failed"
    printf '%s\n' "$wanted" >"$folder/.configured"
  fi
  say "building ${folder##*/}"
  if [ -t 1 ]; then
    ninja -C "$folder"
  else
    ninja -C "$folder" --quiet
  fi || die "the build failed"
}
