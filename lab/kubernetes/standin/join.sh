# shellcheck shell=bash disable=SC2154,SC2034
# join.sh: how a node becomes one of the cluster: the right server, the node's password, a certificate of its own.

node_kubeconfig=$data/agent/kubelet.kubeconfig
bootstrap=$data/agent/bootstrap.kubeconfig
authority_file=$data/agent/server-ca.crt

told() { # KEY: what the server tells whoever asks
  curl -fsSk --max-time 5 "$server/api/v1/namespaces/kube-public/configmaps/cluster-authority" 2>/dev/null |
    sed -n 's/.*"'"$1"'": "\([^"]*\)".*/\1/p'
}
# The agents' token says by its hash which authority is the right one.
fetch_authority() {
  local token=$1 hash
  hash=${token%%::*}
  told authority | base64 -d >"$authority_file.new"
  [ -s "$authority_file.new" ] || return 1
  if [ "K10$(sha256sum <"$authority_file.new" | cut -d' ' -f1)" != "$hash" ]; then
    echo 'k3s: this is not the server that the token is for' >&2
    return 1
  fi
  mv -T "$authority_file.new" "$authority_file"
}
# With an interface for pods: by the address that the server tells of itself, and by the one that the agent was given while that
# does not answer.
way_in() {
  local api own=127.0.0.1:6444
  if [ -n "$interface" ] && api=$(told api) && [ -n "$api" ]; then
    part balancer balancer "$own" "$api" "${server#https://}"
    server=https://$own
  fi
  # The kubelet keeps its own as it once got it.
  [ ! -s "$node_kubeconfig" ] || sed -i "s|^\( *server: \).*|\1$server|" "$node_kubeconfig"
}
join() {
  local token password id secret known
  if [ "$role" = server ]; then token=$(cat "$data/server/agent-token"); else token=$(cat "$(need token-file)"); fi
  until fetch_authority "$token"; do
    echo "k3s: waiting for the server $server" >&2
    sleep 2
  done
  if [ "$role" = agent ]; then way_in; fi
  read -r id secret <<<"$(sha256sum <<<"${token##*:}" | sed -E 's/^(.{6})(.{16}).*/\1 \2/')"
  kubeconfig "$bootstrap" "$server" "$authority_file" "token: $id.$secret"
  install -d -m 700 /etc/rancher/node
  [ -s /etc/rancher/node/password ] || (umask 077 && head -c 16 /dev/urandom | sha256sum | cut -c1-32 >/etc/rancher/node/password)
  password=$(sha256sum </etc/rancher/node/password | cut -d' ' -f1)
  while :; do
    known=$(kubectl --kubeconfig "$bootstrap" -n kube-public get configmap "$node.node-password.k3s" -o jsonpath='{.data.hash}' \
      --ignore-not-found 2>&1) || known='?'
    case $known in
    "$password") return 0 ;;
    '')
      kubectl --kubeconfig "$bootstrap" -n kube-public create configmap "$node.node-password.k3s" --from-literal="hash=$password" \
        >/dev/null || true
      ;;
    '?') echo 'k3s: waiting for the server' >&2 && sleep 2 ;;
    *)
      echo "k3s: Node password rejected, duplicate hostname or contents of '/etc/rancher/node/password' may not match server node-passwd entry" >&2
      sleep 5
      ;;
    esac
  done
}
