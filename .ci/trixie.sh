# Debian 13 in a folder: debootstrap once, then ./bootstrap check inside.
# Sourced by check.sh; runs in a subshell of its own.

trixie_mount()
{
  local what
  # Onto itself: only a mount point can be the root of a mount namespace.
  as_root mount --bind "$1" "$1" || return 1
  at_exit as_root umount "$1"
  for what in proc sys dev dev/pts; do
    as_root mkdir -p "$1/$what"
    as_root mount --bind "/$what" "$1/$what" || return 1
    at_exit as_root umount "$1/$what"
  done
}

trixie_copy()
{
  as_root mkdir -p "$1/vecs"
  (cd "$root" && tar -c --exclude='./build*' --exclude=./.git .) |
    as_root tar -x -C "$1/vecs"
  as_root cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
}

trixie()
{
  local folder=$root/build-trixie proxy
  undo=()
  trap undo_all EXIT
  if [ ! -e "$folder/etc/os-release" ]; then
    say "fetching Debian 13 into build-trixie"
    as_root rm -rf "$folder"
    quietly as_root debootstrap --variant=minbase trixie "$folder" ||
      die "debootstrap failed: no Debian 13 here"
  fi
  trixie_copy "$folder" || die "cannot copy the tree"
  trixie_mount "$folder" ||
    die "bind mounts are not allowed here: no Debian 13"
  proxy=${http_proxy:-}
  as_root chroot "$folder" env -i \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root LANG=C.UTF-8 ${proxy:+http_proxy="$proxy"} \
    /vecs/bootstrap check
}
