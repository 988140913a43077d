#!/bin/bash
# A stand-in for K3s' program in the lab: `k3s server --config FILE`, `k3s agent --config FILE [--server URL]`, `k3s kubectl ARGS…`,
# `k3s ctr ARGS…`, `k3s --version`, with upstream Kubernetes behind it. What it runs is appended to this file and unpacked once, as
# K3s does.
set -euo pipefail
payload=unbuilt
version=unbuilt
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

role=${1:-} config=/etc/rancher/k3s/config.yaml
shift || true
if [ "${1:-}" = --config ]; then config=$2 && shift 2; fi
data=${K3S_DATA_DIR:-$(sed -n 's/^data-dir: *//p' "$config" 2>/dev/null || true)}
home=${data:-/var/lib/rancher/k3s}/data/$payload

unpack() { # Whole or not at all; what an earlier version unpacked goes once no pod was started by it.
  local earlier
  [ ! -e "$home/standin" ] || return 0
  mkdir -p "${home%/*}"
  (
    flock 9
    if [ -e "$home/standin" ]; then exit 0; fi
    for earlier in "${home%/*}"/*; do
      [ ! -e "$earlier" ] || pgrep -f -- "$earlier/" >/dev/null || rm -rf "$earlier"
    done
    mkdir "$home.part"
    sed '1,/^### payload$/d' "$0" | tar -C "$home.part" -xz
    mv -T "$home.part" "$home"
  ) 9>"${home%/*}.lock"
}

case $role in
--version | -v) printf 'k3s version %s+lab (stand-in)\n' "$version" ;;
kubectl | ctr)
  unpack
  # As K3s' own: whoever may read the server's file need not name it.
  if [ -z "${KUBECONFIG:-}" ] && [ -r /etc/rancher/k3s/k3s.yaml ]; then export KUBECONFIG=/etc/rancher/k3s/k3s.yaml; fi
  if [ "$role" = ctr ]; then set -- -a /run/k3s/containerd/containerd.sock -n k8s.io "$@"; fi
  exec "$home/bin/$role" "$@"
  ;;
server | agent)
  unpack
  # shellcheck source=/dev/null
  . "$home/standin/run.sh"
  ;;
*)
  echo 'k3s (stand-in): server, agent, kubectl, ctr or --version' >&2
  exit 2
  ;;
esac
exit
### payload
