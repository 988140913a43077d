#!/bin/bash
# Writes how queues and agents are, for Prometheus. Arguments: nats-server's own port for its figures, directory of the files of
# metrics, that of the quadlets, the pools' stream, the kubelet's directory of logs. What an agent does is known by the lines that
# docs/agents.md asks of it.
set -euo pipefail
port=$1 directory=$2 quadlets=$3 stream=$4 logs=$5
here=$(dirname "$0")
# shellcheck source=../../../remote/agent/jsz-lib.sh
source "$here/jsz-lib.sh"
# shellcheck source=../../../remote/agent/agent-pods-lib.sh
source "$here/agent-pods-lib.sh"
mkdir -p "$directory"
# The same each time: one that lost its power leaves nothing behind that stays.
part=$directory/.homelab_agents.new
trap 'rm -f "$part"' EXIT

queues() {
  jsz "$port" 10 | awk -F'\t' -v stream="$stream" '
    BEGIN { what["num_pending"] = "waiting"; what["num_ack_pending"] = "taken"; what["num_redelivered"] = "again" }
    $1 != stream { next }
    $3 == "stranded" { printf "homelab_agents_stranded %d\n", $4 }
    $3 in what { printf "homelab_agents_%s{pool=\"%s\"} %d\n", what[$3], $2, $4 }'
}

# measured NAME <LINES: how long an agent has had the task that it has, and how many tasks it gave up in the last hour, by its lines
# with the time before each.
measured() {
  awk -v name="$1" -v now="$EPOCHSECONDS" '
    /"what": ?"took"/ { since = $1 }
    /"what": ?"(done|again|failed)"/ { since = 0 }
    /"what": ?"failed"/ && $1 > now - 3600 { failed++ }
    END {
      printf "homelab_agent_task_seconds{agent=\"%s\"} %d\n", name, since ? now - since : 0
      printf "homelab_agent_failed{agent=\"%s\"} %d\n", name, failed
    }'
}

agents() {
  local name log pid
  for name in "$quadlets"/agent-*.container; do
    [ -f "$name" ] || continue
    name=${name##*/} && name=${name%.container}
    # What runs by a schedule is never active: it is activating until it ends.
    case $(systemctl is-active "$name.service" || true) in active | activating) ;; *) continue ;; esac
    { journalctl -q -u "$name.service" _SYSTEMD_INVOCATION_ID="$(systemctl show -p InvocationID --value "$name.service")" \
      --since=-2d -g '"what"' -o short-unix --no-pager || true; } | measured "$name"
  done
  while IFS=$'\t' read -r name log _ pid; do
    [ "$pid" = 0 ] || agent_pod_lines "$log" | measured "$name"
  done < <(agent_pods "$logs")
}

# A server that does not answer leaves the file without its lines: what is not known is no figure.
{ queues || true; agents; } >"$part"
chmod 0644 "$part"
sync -- "$part"
mv -f "$part" "$directory/homelab_agents.prom"
