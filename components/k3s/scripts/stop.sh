#!/bin/bash
# After K3s has ended. Argument: its unit. Pods outlive a restart; they end with the machine, and with a unit that was
# disabled because it is removed. Without this a machine going down waits for those that ignore SIGTERM.
set -euo pipefail
shopt -s inherit_errexit
if [ "$(systemctl is-system-running 2>/dev/null)" != stopping ] && systemctl --quiet is-enabled "$1"; then exit 0; fi

# The whole path of the socket: no other containerd's pods are meant.
shims() { pgrep -f -- '-address /run/k3s/containerd/containerd[.]sock' || true; }
inits() {
  local shim
  for shim in $(shims); do pgrep -P "$shim" || true; done
}
end() { # SIGNAL PID…
  local signal=$1
  shift
  [ $# -eq 0 ] || kill -s "$signal" -- "$@" 2>/dev/null || true
}
# shellcheck disable=SC2046 # process ids, a word each
end TERM $(inits)
for _ in {1..25}; do
  [ -n "$(inits)" ] || break
  sleep 0.2
done
# shellcheck disable=SC2046 # as above
end KILL $(inits) $(shims)

awk '$2 ~ /^\/(run\/k3s|var\/lib\/kubelet\/pods|run\/netns\/cni-)/ { print $2 }' /proc/self/mounts | sort -r |
  while IFS= read -r mount; do umount -l -- "$mount" 2>/dev/null || true; done
for link in cni0 flannel.1; do ip link delete "$link" 2>/dev/null || true; done
rm -rf /var/lib/cni/networks
nft list tables 2>/dev/null | awk '$3 ~ /^(kube-proxy|k3s-.*)$/ { print $2, $3 }' |
  while read -r family table; do nft delete table "$family" "$table" || true; done
for tables in iptables ip6tables; do
  command -v "$tables-save" >/dev/null || continue
  "$tables-save" 2>/dev/null | grep -vE 'KUBE-|CNI-|[Ff][Ll][Aa][Nn][Nn][Ee][Ll]' | "$tables-restore" 2>/dev/null || true
done
# With it everything may be done in the cluster; K3s writes it anew when it starts.
rm -f /etc/rancher/k3s/k3s.yaml
