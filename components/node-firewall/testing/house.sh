#!/bin/bash
# house.sh: a node of the cluster, a pod, a container and a LAN in network namespaces of their own, with the rules that it
# reads from its input in force on the node. Asks for everything from a stranger, a member and the pod, and prints a line
# each: WHO WHAT HTTP-STATUS (000: refused).
set -euo pipefail
tag=fw$$
node=$tag-node lan=$tag-lan pod=$tag-pod box=$tag-box api=$tag-api
work=$(mktemp -d)
cat >"$work/rules"
servers=()
finish() {
  [ ${#servers[@]} -eq 0 ] || kill "${servers[@]}" 2>/dev/null || true
  for name in "$node" "$lan" "$pod" "$box" "$api"; do ip netns del "$name" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT
for name in "$node" "$lan" "$pod" "$box" "$api"; do
  ip netns add "$name"
  # Addresses of IPv6 are used at once.
  ip netns exec "$name" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
done
for name in "$node" "$lan" "$pod" "$box" "$api"; do ip -n "$name" link set lo up; done
wire() { # NAMESPACE INTERFACE ADDRESSES OTHER INTERFACE ADDRESSES
  ip link add "$2" netns "$1" type veth peer name "$5" netns "$4"
  local address
  for address in $3; do ip -n "$1" addr add "$address" dev "$2"; done
  for address in $6; do ip -n "$4" addr add "$address" dev "$5"; done
  ip -n "$1" link set "$2" up
  ip -n "$4" link set "$5" up
}
# The LAN is one namespace with the stranger's address (.66) and a member's (.12).
wire "$lan" eth0 "192.168.77.66/24 192.168.77.12/24 fd77::66/64 fd77::12/64" "$node" eth0 "192.168.77.13/24 fd77::13/64"
wire "$node" cni0 "10.42.2.1/24 fd42::1/64" "$pod" eth0 "10.42.2.10/24 fd42::10/64"
wire "$node" podman0 "10.88.0.1/24 fd88::1/64" "$box" eth0 "10.88.0.10/24 fd88::10/64"
# The API's node, on a wire of its own: it answers as any of the LAN does.
wire "$node" eth1 "192.168.78.13/24" "$api" eth0 "192.168.78.11/24"
for inner in "$pod 10.42.2.1 fd42::1" "$box 10.88.0.1 fd88::1" "$api 192.168.78.13"; do
  read -r name four six <<<"$inner"
  ip -n "$name" route add default via "$four"
  [ -z "$six" ] || ip -n "$name" route add default via "$six"
done
# Another member's pod, behind that member: routed, as by flannel's host-gw.
ip -n "$lan" addr add 10.42.1.10/32 dev lo
ip -n "$node" route add 10.42.1.0/24 via 192.168.77.12
# The stranger's way in: one route for each.
for network in 10.42.0.0/16 10.43.0.0/16 10.88.0.0/24; do ip -n "$lan" route add "$network" via 192.168.77.13; done
for network in fd42::/64 fd88::/64; do ip -n "$lan" route add "$network" via fd77::13; done
ip netns exec "$node" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.route_localnet=1
# As the CNI's port mapping, kube-proxy, flannel and podman do it.
ip netns exec "$node" nft -f - <<'NFT'
table ip nat {
  chain pre {
    type nat hook prerouting priority dstnat; policy accept;
    fib daddr type local tcp dport { 3300, 30080, 30096 } dnat to 10.42.2.10:8080
    fib daddr type local tcp dport 8088 dnat to 10.88.0.10:8080
    ip daddr 10.43.0.10 tcp dport 8080 dnat to 10.42.2.10:8080
    ip daddr 10.43.0.1 tcp dport 443 dnat to 192.168.78.11:8080
  }
  chain post {
    type nat hook postrouting priority srcnat; policy accept;
    ct original ip daddr 10.43.0.0/16 masquerade
  }
}
table ip flannel {
  chain forward {
    type filter hook forward priority filter; policy accept;
    ip saddr 10.42.0.0/16 accept
    ip daddr 10.42.0.0/16 accept
  }
}
NFT
ip netns exec "$node" nft -f "$work/rules"

mkdir "$work/web"
serve() { # NAMESPACE ADDRESS
  ip netns exec "$1" python3 -m http.server --directory "$work/web" --bind "$2" 8080 >/dev/null 2>&1 &
  servers+=($!)
}
serve "$pod" ::
serve "$box" ::
serve "$api" ::
serve "$lan" ::
serve "$node" 127.0.0.1
for server in "$pod [::1]" "$box [::1]" "$api [::1]" "$lan 192.168.77.66" "$node 127.0.0.1"; do
  # shellcheck disable=SC2016 # for the inner shell
  timeout 20 bash -c 'until ip netns exec "$0" curl -gs -m 2 -o /dev/null "http://$1:8080/"; do sleep 0.1; done' \
    "${server% *}" "${server#* }"
done

ask() { # WHO WHAT NAMESPACE SOURCE URL
  local status
  status=$(ip netns exec "$3" curl -g -s -o /dev/null -m 2 ${4:+--interface "$4"} -w '%{http_code}' "$5" || true)
  printf '%s\t%s\t%s\n' "$1" "$2" "$status"
}
for who in "stranger 192.168.77.66 fd77::66" "member 192.168.77.12 fd77::12"; do
  read -r name four six <<<"$who"
  ask "$name" "the pod" "$lan" "$four" http://10.42.2.10:8080/
  ask "$name" "the pod by IPv6" "$lan" "$six" "http://[fd42::10]:8080/"
  ask "$name" "the Service" "$lan" "$four" http://10.43.0.10:8080/
  ask "$name" "the API's Service" "$lan" "$four" http://10.43.0.1:443/
  ask "$name" "a port for members" "$lan" "$four" http://192.168.77.13:3300/
  ask "$name" "a port that nobody declared" "$lan" "$four" http://192.168.77.13:30080/
  ask "$name" "a port for everybody" "$lan" "$four" http://192.168.77.13:30096/
  ask "$name" "the container" "$lan" "$four" http://10.88.0.10:8080/
  ask "$name" "the container by IPv6" "$lan" "$six" "http://[fd88::10]:8080/"
  ask "$name" "the container's published port" "$lan" "$four" http://192.168.77.13:8088/
done
ask "another node's pod" "the pod" "$lan" 10.42.1.10 http://10.42.2.10:8080/
ask "another node's pod" "the Service" "$lan" 10.42.1.10 http://10.43.0.10:8080/
ask pod "another node's pod" "$pod" "" http://10.42.1.10:8080/
ask pod "the LAN" "$pod" "" http://192.168.77.66:8080/
ask container "the LAN" "$box" "" http://192.168.77.66:8080/
# To the node's loopback by the wire, which no machine does that means well.
ip netns exec "$lan" sysctl -qw net.ipv4.conf.all.route_localnet=1
ip -n "$lan" addr flush dev lo
ip -n "$lan" route add 127.0.0.1/32 via 192.168.77.13 dev eth0 src 192.168.77.66
ask stranger "the node's loopback" "$lan" 192.168.77.66 http://127.0.0.1:8080/
