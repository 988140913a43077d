#!/bin/bash
# find-server.sh CONFIG ADDRESS CMD…: runs CMD, K3s' agent, with the URL by which its server answers: that of CONFIG, on the LAN,
# which needs no tailscaled, or the same port at ADDRESS, in the mesh, all that a node in another network reaches. K3s takes one URL
# and asks there for ever, so it begins once one of the two answers, whenever that is. The unit runs this, and not before K3s: so
# a start of it waits for no server, and it is not restarted for want of one.
set -euo pipefail
config=$1 address=$2
shift 2
by_lan=$(sed -n 's/^server: //p' "$config")
by_mesh=https://$address:${by_lan##*:}

# Whatever it says: that it is the right server K3s sees by its token.
answers() { curl -sk --noproxy '*' --max-time 5 -o /dev/null "$1/ping"; }
waiting=''
while :; do
  for server in "$by_lan" "$by_mesh"; do
    if answers "$server"; then
      echo "The server answers at $server." >&2
      exec "$@" --server "$server"
    fi
  done
  [ -n "$waiting" ] || echo "The server answers neither at $by_lan nor at $by_mesh: waiting for it." >&2
  waiting=yes
  sleep 2
done
