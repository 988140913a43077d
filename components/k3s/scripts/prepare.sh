#!/bin/bash
# Before K3s starts. What pods of the time before this boot left behind goes: none of them runs any more, and the addresses
# that they were given would never come back to the pool.
set -euo pipefail
for module in br_netfilter overlay; do modprobe -q "$module" 2>/dev/null || true; done
booted=/run/homelab-k3s-booted
[ ! -e "$booted" ] || exit 0
rm -rf /var/lib/cni/networks
: >"$booted"
