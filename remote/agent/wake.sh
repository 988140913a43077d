#!/bin/bash
# Sends a Wake-on-LAN packet to a machine of the same network. Input: `address ADDRESS`, `packet BASE64`, `end`. Output:
# `sent INTERFACE`. Also run by timers (components/power).
source head.sh
read_given
address=${given[address]}
route=$(ip -o route get "$address" 2>/dev/null) || fail 40 "There is no way from here to $address."
[[ $route != *' via '* ]] || fail 40 "$address is behind a router, and a Wake-on-LAN packet stays in its own network."
[[ $route =~ ' dev '([^ ]+) ]] || fail 40 "There is no way from here to $address."
dev=${BASH_REMATCH[1]}

# Bash's datagrams cannot be broadcast. So the frame is: for a moment everybody is the neighbour behind the address. The
# entry is one that grows old, so that even a run that is killed leaves nothing behind for longer than a minute.
fixed=$(ip neigh show to "$address" dev "$dev" nud permanent)
packet=$(mktemp /run/homelab-wake.XXXXXX)
restore() {
  rm -f -- "$packet"
  if [[ $fixed =~ ' lladdr '([0-9a-f:]+) ]]; then
    ip neigh replace "$address" lladdr "${BASH_REMATCH[1]}" nud permanent dev "$dev"
  else
    ip neigh del "$address" dev "$dev" 2>/dev/null || true
  fi
}
trap restore EXIT
decode "${given[packet]}" >"$packet"
ip neigh replace "$address" lladdr ff:ff:ff:ff:ff:ff nud reachable dev "$dev"
# Port 9 is discard's. Nobody acknowledges a datagram, hence three; cat writes each as one.
for _ in 1 2 3; do
  cat "$packet" >"/dev/udp/$address/9" || true
  sleep 0.1
done
printf 'sent\t%s\n' "$dev"
