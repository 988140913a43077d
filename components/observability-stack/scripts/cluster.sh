#!/bin/bash
# How Prometheus comes to the kubelets: a role in the cluster that reads measurements and nothing else, a token of it that
# is good for an hour and renewed after a quarter, and where the kubelets are, as the cluster says. A cluster that does not
# answer for a moment changes nothing. Arguments: directory of the files, their owner, K3s' program, the certificate of the
# cluster's authority, the kubelets' port, then NODE LIFECYCLE of each node.
set -euo pipefail
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 077
directory=$1 owner=$2 k3s=$3 authority=$4 port=$5
shift 5
kube() { timeout 30 "$k3s" kubectl --request-timeout=20s -n kube-system "$@"; }
place() { # NAME: its new contents come by standard input
  cat >"$directory/$1.new"
  chown -- "$owner" "$directory/$1.new"
  chmod 400 "$directory/$1.new"
  sync -- "$directory/$1.new"
  mv -T -- "$directory/$1.new" "$directory/$1"
}

found=$(kube get nodes -o 'jsonpath={range .items[*]}{.metadata.name}{"\t"}{.status.addresses[?(@.type=="InternalIP")].address}{"\n"}{end}') || {
  echo "The cluster does not answer: $directory stays as it is."
  exit 0
}

# Another cluster has another authority, and knows nothing of the token.
if ! cmp -s "$authority" "$directory/ca.crt" || [ -z "$(find "$directory/token" -mmin -15 2>/dev/null)" ]; then
  # Not nodes/proxy, by which commands can be run in pods.
  kube apply --server-side --force-conflicts -f - >/dev/null <<'OBJECTS'
apiVersion: v1
kind: ServiceAccount
metadata:
  name: homelab-prometheus
  namespace: kube-system
automountServiceAccountToken: false
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: homelab-prometheus
rules:
  - apiGroups: [""]
    resources: [nodes/metrics]
    verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: homelab-prometheus
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: homelab-prometheus
subjects:
  - kind: ServiceAccount
    name: homelab-prometheus
    namespace: kube-system
OBJECTS
  token=$(kube create token homelab-prometheus --duration=1h)
  place token <<<"$token"
  place ca.crt <"$authority"
fi

targets=()
while [ $# -gt 0 ]; do
  # The first address of a node that has one for each family.
  address=$(awk -F '\t' -v node="$1" '$1 == node { sub(/ .*/, "", $2); print $2 }' <<<"$found")
  case $address in *:*) address="[$address]" ;; esac
  if [ -n "$address" ]; then
    targets+=("{\"targets\":[\"$address:$port\"],\"labels\":{\"node\":\"$1\",\"lifecycle\":\"$2\"}}")
  fi
  shift 2
done
said=$(IFS=, && printf '[%s]' "${targets[*]}")
if [ "$said" != "$(cat "$directory/kubelets.json" 2>/dev/null)" ]; then place kubelets.json <<<"$said"; fi
