#!/bin/bash
# Before K3s starts. On a server with the file for the agents' token as argument: it is made once and stays with the
# cluster's state. Then, what pods of the time before this boot left behind goes: none of them runs any more, and the addresses
# that they were given would never come back to the pool.
set -euo pipefail
if [ $# -gt 0 ] && [ ! -s "$1" ]; then
  umask 077
  token=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
  printf '%s\n' "$token" >"$1.new"
  sync "$1.new"
  mv -T -- "$1.new" "$1"
  sync "${1%/*}"
fi
for module in br_netfilter overlay; do modprobe -q "$module" 2>/dev/null || true; done
booted=/run/homelab-k3s-booted
[ ! -e "$booted" ] || exit 0
rm -rf /var/lib/cni/networks
: >"$booted"
