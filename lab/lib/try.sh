# shellcheck shell=bash
# try.sh: what an image holds, run before it becomes one.

# try_in ROOT SCRIPT: runs the script in the root file system, with a network of its own that has nothing but a loopback. All
# that it leaves running ends with it.
try_in() {
  # shellcheck disable=SC2016 # for the shell in there
  as_root env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/tmp \
    timeout -k 5 1800 unshare --mount --net --pid --fork --kill-child sh -euc '
      ip link set lo up
      mkdir -p "$0/proc"
      mount -t proc proc "$0/proc"
      exec nice chroot "$0" /usr/bin/env PATH=/opt/venv/bin:/usr/local/bin:/usr/bin sh -euc "$1"' "$1" "$2"
}
