# shellcheck shell=bash disable=SC2154
# member.sh: what runs pods on a node: containerd, the kubelet, the Services' proxy, the way to other nodes' pods.

socket=$run/containerd/containerd.sock
subnet_file=/run/flannel/subnet.env

containerd_up() {
  mkdir -p "$run/containerd" "$data/agent/etc/cni"
  local driver=false
  ! grep -qw memory /sys/fs/cgroup/cgroup.controllers || driver=true
  sed "s|@ROOT@|$data/agent/containerd|; s|@RUN@|$run/containerd|g; s|@HOME@|$home|g; s|@CNI@|$data/agent/etc/cni|; s|@SYSTEMD@|$driver|" \
    "$home/standin/containerd.toml" >"$data/agent/etc/containerd.toml"
  part containerd "$home/standin/cgroups.sh" containerd --config "$data/agent/etc/containerd.toml"
  until_true 60 ctr -a "$socket" version || { echo 'k3s: containerd does not come up' >&2 && exit 1; }
  images_in
}
ctr_k8s() { ctr -a "$socket" -n k8s.io "$@"; }
has_image() { # NAME ID
  local manifest
  manifest=$(ctr_k8s images ls "name==$1" | awk 'NR == 2 { print $3 }')
  [ -n "$manifest" ] && ctr_k8s content get "$manifest" 2>/dev/null | grep -q "sha256:$2"
}
image_in() { # ARCHIVE: unless it is of one image that is there. Unpacked when a pod first needs it, as K3s does.
  local name id
  read -r name id < <(tar -xOf "$1" --occurrence=1 manifest.json 2>/dev/null |
    sed -nE 's/^\[\{"Config":"([0-9a-f]{64})\.json","RepoTags":\["([^"]+)"\],"Layers":\[[^]]*\]\}\]$/\2 \1/p') || true
  if [ -n "$name" ] && has_image "$name" "$id"; then return 0; fi
  ctr_k8s images import --no-unpack "$1" >/dev/null || echo "k3s: $1 could not be imported" >&2
}
images_in() { # two at a time
  local archive running=()
  for archive in "$home"/images/*.tar "$data"/agent/images/*.tar; do
    [ -e "$archive" ] || continue
    image_in "$archive" &
    running+=($!)
    [ ${#running[@]} -lt 2 ] || wait "${running[0]}" || true
    [ ${#running[@]} -lt 2 ] || running=("${running[@]:1}")
  done
  for archive in "${running[@]}"; do wait "$archive" || true; done
}
kubelet_up() {
  local labels taints args driver=cgroupfs
  labels=$(values node-label | paste -sd,)
  taints=$(values node-taint | paste -sd,)
  mapfile -t args < <(flags kubelet-arg)
  ! grep -qw memory /sys/fs/cgroup/cgroup.controllers || driver=systemd
  sed "s|@CA@|$authority_file|; s|@DNS@|$1|; s|@DRIVER@|$driver|; s|@SOCKET@|$socket|" \
    "$home/standin/kubelet.yaml" >"$data/agent/etc/kubelet.yaml"
  part kubelet "$home/standin/cgroups.sh" kubelet --config="$data/agent/etc/kubelet.yaml" --kubeconfig="$node_kubeconfig" \
    --bootstrap-kubeconfig="$bootstrap" --cert-dir="$data/agent/pki" --hostname-override="$node" --node-ip="$address" \
    --containerd="$socket" --node-labels="$labels" ${taints:+--register-with-taints="$taints"} "${args[@]}"
}
proxy_up() {
  sed "s|@NODE@|$node|; s|@KUBECONFIG@|$node_kubeconfig|; s|@PODS@|$pod_network|" "$home/standin/proxy.yaml" >"$data/agent/etc/proxy.yaml"
  part kube-proxy kube-proxy --config="$data/agent/etc/proxy.yaml"
}
own() { kubectl --kubeconfig "$node_kubeconfig" --request-timeout=5s "$@"; }

network_up() {
  local cidr services mtu=0
  until cidr=$(own get node "$node" -o 'jsonpath={.spec.podCIDR}' 2>/dev/null) && [ -n "$cidr" ]; do sleep 0.3; done
  services=$dns pod_network=${cidr%.*.*}.0.0/16
  sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1
  # Those of an earlier cluster, whose nodes had other networks.
  ip route flush proto 242
  # A machine without a way out still needs one for the Services' addresses.
  if [ -z "$(ip route show default)" ]; then
    ip route replace "${services%.*.*}.0.0/16" dev "$(lan | cut -d" " -f1)"
  fi
  nft -f - <<N
table ip k3s-standin
delete table ip k3s-standin
table ip k3s-standin {
  chain post {
    type nat hook postrouting priority 90; policy accept;
    ip saddr $pod_network ip daddr != $pod_network oifname != "cni0" masquerade
  }
}
N
  if [ -n "$interface" ]; then
    flannel_up
    mtu=$(sed -n 's/^FLANNEL_MTU=//p' "$subnet_file")
  else
    ip link delete flannel.1 2>/dev/null || true
  fi
  sed "s|@CIDR@|$cidr|; s|@MTU@|$mtu|" "$home/standin/cni.conflist" >"$data/agent/etc/cni/10-standin.conflist.new"
  mv -T "$data/agent/etc/cni/10-standin.conflist.new" "$data/agent/etc/cni/10-standin.conflist"
}
# To the other nodes' pods by an interface of the node, as K3s does it.
flannel_up() {
  local network=$data/agent/etc/flannel.json
  printf '{ "Network": "%s", "EnableIPv4": true, "Backend": { "Type": "vxlan" } }\n' "$pod_network" >"$network"
  rm -f "$subnet_file"
  NODE_NAME=$node part flannel flannel "$network" "$node_kubeconfig" "$interface" "$subnet_file"
  # Until then there is no network for pods, and the node is not ready.
  until [ -s "$subnet_file" ]; do sleep 0.3; done
}
# The same where no interface is named: they are neighbours. Ends after two minutes, or with the API server, and is then begun
# again.
routes() {
  local name cidr via nodes
  # One watch, for kubectl's start costs more than all that it would be asked for.
  exec {nodes}< <(
    exec kubectl --kubeconfig "$node_kubeconfig" --request-timeout=120s get nodes --watch \
      -o 'jsonpath={.metadata.name} {.spec.podCIDR} {.status.addresses[?(@.type=="InternalIP")].address}{"\n"}' 2>/dev/null
  )
  # Not a pipe: `read` lets a signal through.
  # Its own pods are behind its bridge, also while its former address is still said of it.
  while read -r name cidr via <&"$nodes"; do
    if [ -n "$via" ] && [ "$name" != "$node" ]; then ip route replace "$cidr" via "$via" proto 242 2>/dev/null || true; fi
  done
  exec {nodes}<&-
}
member_up() {
  local dns
  containerd_up
  join
  dns=$(kubectl --kubeconfig "$bootstrap" -n kube-public get configmap cluster-authority -o 'jsonpath={.data.dns}')
  kubelet_up "$dns"
  until_true 120 test -s "$node_kubeconfig" || echo 'k3s: no certificate for this node yet' >&2
  network_up
  proxy_up
}
