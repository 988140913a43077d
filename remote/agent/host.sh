#!/bin/sh
# Prints what this host is, as one JSON object on one line. Looks only, needs no rights, and never fails: what is
# missing is an empty text, false or 0.
set -u
PATH=$PATH:/usr/sbin:/sbin

# A text as a JSON string: no control characters, quotes and backslashes escaped.
quoted() {
  printf '"%s"' "$(printf '%s' "$1" | tr -d '\000-\037\177' | sed 's/[\\"]/\\&/g')"
}

# true or false, by the exit code of a command.
holds() {
  if "$@" >/dev/null 2>&1; then printf true; else printf false; fi
}

quadlet() {
  for generator in /usr/lib/systemd/system-generators /lib/systemd/system-generators; do
    [ -x "$generator/podman-system-generator" ] && return 0
  done
  [ -x /usr/libexec/podman/quadlet ]
}

# A container has the clock of its host, and nothing in it to keep it right.
synchronized() {
  systemd-detect-virt --quiet --container || [ "$(timedatectl show --property NTPSynchronized --value 2>/dev/null)" = yes ]
}

os=$(. /etc/os-release 2>/dev/null && printf '%s' "${PRETTY_NAME:-}")
[ -n "$os" ] || os=$(uname -s)
podman=$(podman --version 2>/dev/null | sed -n 's/^podman version //p')
systemd=$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
memory=$(awk '$1 == "MemTotal:" { printf "%.0f", $2 * 1024 }' /proc/meminfo 2>/dev/null)
cgroup=v1
[ -e /sys/fs/cgroup/cgroup.controllers ] && cgroup=v2

printf '{"os":%s,"arch":%s,"kernel":%s,"memoryBytes":%s,"podman":%s,"quadlet":%s,"systemd":%s,"cgroup":"%s","nft":%s,"curl":%s,"clockSynchronized":%s}\n' \
  "$(quoted "$os")" "$(quoted "$(uname -m)")" "$(quoted "$(uname -r)")" "${memory:-0}" "$(quoted "$podman")" \
  "$(holds quadlet)" "${systemd:-0}" "$cgroup" "$(holds command -v nft)" "$(holds command -v curl)" "$(holds synchronized)"
