# shellcheck shell=bash disable=SC2154
# server.sh: the control plane: authority, store, API, controllers, scheduler, DNS, local-path claims.

pods=$(need cluster-cidr) services=$(need service-cidr) port=$(need https-listen-port)
server=https://127.0.0.1:$port
admin=$tls/admin.kubeconfig
first() { printf '%s.%s\n' "${services%.*.*/*}" "$1"; } # an address of the Services' network, by its last two numbers

key() { [ -s "$1" ] || openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }
certificate() { # NAME SUBJECT USE [SAN]
  key "$tls/$1.key"
  [ ! -s "$tls/$1.crt" ] || [ "$4" = again ] || return 0
  openssl req -new -key "$tls/$1.key" -subj "$2" |
    openssl x509 -req -CA "$tls/server-ca.crt" -CAkey "$tls/server-ca.key" -set_serial "0x$(openssl rand -hex 16)" -days 3650 -out "$tls/$1.crt" \
      -extfile <(printf 'keyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=%s\n%s\n' "$3" "${5:+subjectAltName=$5}") 2>/dev/null
}
authority() {
  install -d -m 700 "$tls"
  if [ ! -s "$tls/server-ca.crt" ]; then
    key "$tls/server-ca.key"
    openssl req -x509 -new -key "$tls/server-ca.key" -days 3650 -subj /CN=k3s-server-ca -out "$tls/server-ca.crt.new" \
      -addext keyUsage=critical,keyCertSign,cRLSign -addext basicConstraints=critical,CA:TRUE 2>/dev/null
    mv -T "$tls/server-ca.crt.new" "$tls/server-ca.crt"
  fi
  [ -s "$tls/service.key" ] || openssl genrsa -out "$tls/service.key" 2048 2>/dev/null
  openssl rsa -in "$tls/service.key" -pubout -out "$tls/service.pub" 2>/dev/null
  local san name
  san="DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,DNS:localhost,IP:127.0.0.1,IP:$(first 0.1)"
  while IFS= read -r name; do
    if [[ $name =~ ^[0-9.]+$|: ]]; then san+=",IP:$name"; else san+=",DNS:$name"; fi
  done < <(values tls-san)
  certificate apiserver /CN=kube-apiserver serverAuth again "$san"
  certificate kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client clientAuth ''
  certificate front-proxy /CN=front-proxy-client clientAuth ''
  certificate admin /O=system:masters/CN=system:admin clientAuth ''
  certificate controllers /CN=system:kube-controller-manager clientAuth ''
  certificate scheduler /CN=system:kube-scheduler clientAuth ''
  for name in admin controllers scheduler; do
    kubeconfig "$tls/$name.kubeconfig" "$server" "$tls/server-ca.crt" \
      "client-certificate-data: $(base64 -w0 "$tls/$name.crt"), client-key-data: $(base64 -w0 "$tls/$name.key")"
  done
  if [ ! -s "$tls/encryption.yaml" ]; then
    (umask 077 && sed "s|KEY|$(head -c 32 /dev/urandom | base64)|" "$home/standin/encryption.yaml" >"$tls/encryption.yaml.new")
    mv -T "$tls/encryption.yaml.new" "$tls/encryption.yaml"
  fi
  # What is made once must be there after a power cut in the next moment.
  sync "$tls"/*
}
hand_out() { # what K3s writes for clients and for agents
  local hash
  install -d -m 755 /etc/rancher/k3s
  install -m "$(values write-kubeconfig-mode)" "$admin" /etc/rancher/k3s/k3s.yaml.new
  mv -T /etc/rancher/k3s/k3s.yaml.new /etc/rancher/k3s/k3s.yaml
  hash=$(sha256sum <"$tls/server-ca.crt" | cut -d' ' -f1)
  [ -s "$data/server/token" ] ||
    (umask 077 && printf 'K10%s::server:%s\n' "$hash" "$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')" >"$data/server/token")
  (umask 077 && printf 'K10%s::node:%s\n' "$hash" "$(cat "$(need agent-token-file)")" >"$data/server/agent-token")
  sync "$data/server/token" "$data/server/agent-token" /etc/rancher/k3s/k3s.yaml
}
admin() { kubectl --kubeconfig "$admin" "$@"; }

server_up() {
  local more=() args=()
  authority
  part etcd etcd --data-dir "$data/server/db" --listen-client-urls http://127.0.0.1:2379 \
    --advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380 --log-level warn
  mapfile -t args < <(flags kube-apiserver-arg)
  [ "$(values secrets-encryption)" != true ] || more=(--encryption-provider-config "$tls/encryption.yaml")
  part kube-apiserver kube-apiserver --etcd-servers=http://127.0.0.1:2379 --advertise-address="$(need advertise-address)" \
    --secure-port="$port" --service-cluster-ip-range="$services" --authorization-mode=Node,RBAC \
    --enable-admission-plugins=NodeRestriction --enable-bootstrap-token-auth --allow-privileged \
    --service-account-issuer=https://kubernetes.default.svc.cluster.local --service-account-key-file="$tls/service.pub" \
    --service-account-signing-key-file="$tls/service.key" --client-ca-file="$tls/server-ca.crt" \
    --tls-cert-file="$tls/apiserver.crt" --tls-private-key-file="$tls/apiserver.key" \
    --kubelet-client-certificate="$tls/kubelet-client.crt" --kubelet-client-key="$tls/kubelet-client.key" \
    --kubelet-preferred-address-types=InternalIP --requestheader-client-ca-file="$tls/server-ca.crt" \
    --requestheader-allowed-names=front-proxy-client --requestheader-username-headers=X-Remote-User \
    --requestheader-group-headers=X-Remote-Group --requestheader-extra-headers-prefix=X-Remote-Extra- \
    --proxy-client-cert-file="$tls/front-proxy.crt" --proxy-client-key-file="$tls/front-proxy.key" "${more[@]}" "${args[@]}"
  until_true 120 admin get --raw /readyz || { echo 'k3s: the API does not come up' >&2 && exit 1; }
  mapfile -t args < <(flags kube-controller-manager-arg)
  part kube-controller-manager kube-controller-manager --kubeconfig="$tls/controllers.kubeconfig" --bind-address=127.0.0.1 \
    --authentication-kubeconfig="$tls/controllers.kubeconfig" --authorization-kubeconfig="$tls/controllers.kubeconfig" \
    --leader-elect=false --use-service-account-credentials --allocate-node-cidrs --cluster-cidr="$pods" \
    --controllers=*,bootstrap-signer-controller,token-cleaner-controller --service-cluster-ip-range="$services" \
    --root-ca-file="$tls/server-ca.crt" --service-account-private-key-file="$tls/service.key" \
    --cluster-signing-cert-file="$tls/server-ca.crt" --cluster-signing-key-file="$tls/server-ca.key" "${args[@]}"
  part kube-scheduler kube-scheduler --kubeconfig="$tls/scheduler.kubeconfig" --bind-address=127.0.0.1 \
    --authentication-kubeconfig="$tls/scheduler.kubeconfig" --authorization-kubeconfig="$tls/scheduler.kubeconfig" --leader-elect=false
  hand_out
  addons
}
approve_serving() { # says yes to the kubelets' serving certificates, as long as the server runs
  local name signer status
  while :; do
    while read -r name signer status; do
      if [ "$signer" = kubernetes.io/kubelet-serving ] && [ -z "$status" ]; then admin certificate approve "$name" >/dev/null || true; fi
    done < <(
      exec kubectl --kubeconfig "$admin" --request-timeout=120s get certificatesigningrequests --watch \
        -o 'jsonpath={.metadata.name} {.spec.signerName} {.status.conditions[0].type}{"\n"}' 2>/dev/null
    )
    sleep 1
  done
}
addons() { # rights of nodes, the agents' way in, DNS, local-path
  local token id secret
  token=$(cat "$(need agent-token-file)")
  read -r id secret <<<"$(sha256sum <<<"$token" | sed -E 's/^(.{6})(.{16}).*/\1 \2/')"
  sed -e "s|@ID@|$id|g; s|@SECRET@|$secret|; s|@CA@|$(base64 -w0 "$tls/server-ca.crt")|; s|@DNS@|$(first 0.10)|; s|@API@|$(need advertise-address):$port|; s|@ADDRESS@|$(lan | cut -d' ' -f2)|" \
    "$home/standin/cluster.yaml" >"$tls/cluster.yaml"
  until_true 60 admin apply --server-side --force-conflicts -f "$tls/cluster.yaml" || echo 'k3s: the add-ons could not be applied' >&2
  part certificates approve_serving
  if ! values disable | grep -qx coredns; then
    sed "s|@KUBECONFIG@|$admin|" "$home/standin/Corefile" >"$data/server/Corefile"
    part coredns coredns -conf "$data/server/Corefile"
  fi
  if ! values disable | grep -qx local-storage; then
    sed "s|@STORAGE@|$data/storage|" "$home/standin/local-path.json" >"$data/server/local-path.json"
    part local-path env POD_NAMESPACE=kube-system local-path-provisioner start --config "$data/server/local-path.json" \
      --kubeconfig "$admin" --namespace kube-system --helper-image docker.io/library/busybox:1.37 --service-account-name default
  fi
}
