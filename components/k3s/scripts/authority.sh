#!/bin/bash
# authority.sh DATA server|agent TOKENFILE: before K3s starts. What a node got from the authority of a former cluster (its
# certificates, the kubeconfigs that name it, its pods' addresses) is of no use in another one, and K3s would go on with it. So
# when the node's cluster has become another, it is set aside, and the node asks the new one for its own.
set -euo pipefail
data=$1 role=$2 token_file=$3
agent=$data/agent
noted=$agent/homelab-cluster
[ -d "$agent" ] || exit 0

hash_of() { sha256sum <"$1" | cut -d' ' -f1; }
if [ "$role" = server ]; then
  # Without one K3s is about to make a new cluster.
  cluster=none
  [ ! -s "$data/server/tls/server-ca.crt" ] || cluster=$(hash_of "$data/server/tls/server-ca.crt")
else
  # The token says by this hash which authority is the right one.
  cluster=$(sed -nE 's/^K10([0-9a-f]{64})::.*/\1/p' "$token_file" 2>/dev/null || true)
  [ -n "$cluster" ] || exit 0
fi

former=''
if [ -s "$noted" ]; then
  former=$(<"$noted")
elif [ -s "$agent/server-ca.crt" ]; then
  former=$(hash_of "$agent/server-ca.crt")
fi

if [ -n "$former" ] && [ "$former" != "$cluster" ]; then
  # A node may have been in that cluster before, and left it.
  aside=$(mktemp -d "$agent/former-${former:0:16}.XXXXXX")
  find "$agent" -mindepth 1 -maxdepth 1 \( -name '*.crt' -o -name '*.key' -o -name '*.kubeconfig' -o -name pki \) \
    -exec mv -f -t "$aside" -- {} +
  rm -f "$noted"
  # The new one may give the node other addresses for its pods, and a bridge that has those of the former keeps every pod from starting.
  for link in cni0 flannel.1; do ip link delete "$link" 2>/dev/null || true; done
  rm -rf /var/lib/cni/networks
  echo "This node was in another cluster, of the authority ${former:0:16}: what it had from there is in $aside, and it joins as a new node." >&2
fi
[ "$cluster" != none ] || exit 0
if [ "$(cat "$noted" 2>/dev/null || true)" != "$cluster" ]; then
  printf '%s\n' "$cluster" >"$noted.new"
  sync -- "$noted.new"
  mv -T -- "$noted.new" "$noted"
fi
