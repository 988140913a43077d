# shellcheck shell=bash
# run.sh: what a server and an agent share: their configuration, their parts as processes that are begun again, and the
# end of all of them. Sourced by head.sh; `home`, `config`, `data` and `role` are known.
# shellcheck disable=SC2154,SC2034,SC1091

bin=$home/bin
tls=$data/server/tls
run=/run/k3s
mkdir -p "$data/agent" "$run"
export PATH=$bin:$PATH

values() { # KEY: its value or the items of its list, a line each
  awk -v key="$1" '
    /^[^ #-]/ { inside = 0 }
    index($0, key ":") == 1 { sub(/^[^:]*: */, ""); if ($0 == "") inside = 1; else print }
    inside && /^ +- / { sub(/^ +- /, ""); print }
  ' "$config" | sed 's/^"\(.*\)"$/\1/'
}
flags() { values "$1" | sed 's/^/--/'; }
need() { # KEY
  local value
  value=$(values "$1")
  [ -n "$value" ] || { echo "k3s: $1 is missing in $config" >&2 && exit 1; }
  printf '%s\n' "$value"
}

node=$(need node-name) address=$(need node-ip)
# With one, flannel brings pods to other nodes by this interface; without it the nodes are neighbours.
interface=$(values flannel-iface)

# Device and address in the machine's own network, whatever address it has in the cluster.
lan() {
  ip -o -4 addr show scope global |
    awk '$2 !~ /^(tailscale|flannel|cni|podman|veth)/ { sub("/.*", "", $4); print $2, $4; exit }'
}

part() { # NAME CMD…: a process that is begun again whenever it ends
  local name=$1
  shift
  (
    trap 'kill "$child" 2>/dev/null; wait "$child"; exit 0' TERM
    while :; do
      "$@" &
      child=$!
      wait "$child" || true
      echo "$name ended; it is begun again" >&2
      sleep 1
    done
  ) 2>&1 | sed -u "s/^/$name: /" &
}
stop() { # all parts; pods go on
  trap '' TERM INT
  # A part is a pipe whose first half holds the process.
  pkill -TERM -P "$$" 2>/dev/null || true
  wait
  exit 0
}
trap stop TERM INT

until_true() { # SECONDS CMD…
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $until ] || return 1
    sleep 0.3
  done
}

kubeconfig() { # FILE SERVER CA-FILE USER-YAML
  local part
  part=$(mktemp "$1.XXXXXX")
  chmod 600 "$part"
  cat >"$part" <<Y
apiVersion: v1
kind: Config
clusters:
  - { name: default, cluster: { server: "$2", certificate-authority-data: $(base64 -w0 "$3") } }
users:
  - { name: default, user: { $4 } }
contexts:
  - { name: default, context: { cluster: default, user: default } }
current-context: default
Y
  mv -T "$part" "$1"
}

if [ "$role" = server ]; then
  . "$home/standin/server.sh"
  server_up
else
  server=$(need server)
  # As with K3s, an argument counts more than the file.
  if [ "${1:-}" = --server ]; then server=$2; fi
fi
. "$home/standin/join.sh"
. "$home/standin/member.sh"
member_up
[ "$role" = agent ] || systemd-notify --ready || true
while :; do
  if [ -z "$interface" ]; then routes; fi
  sleep 2 &
  wait $! || true
done
