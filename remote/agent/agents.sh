#!/bin/bash
# What `homelab agents` shows of desktop. Input: `seconds N` (for each question), `end`. Nothing is changed, and no password is
# needed: what is asked listens on the node's loopback, or lets it in. `done SECTION` ends each. Tab-separated:
#   now SECONDS
#   units     unit NAME ACTIVE SUB RESTARTS SINCE · said NAME JSON (lines of the protocol in its journal, the newest last); pods too
#   queues    queue STREAM CONSUMER KEY VALUE (as nats-server names them)
#   gateway   metric NAME VALUE (homelab_inference_…, as Prometheus reads them)
source head.sh
source section-lib.sh
source jsz-lib.sh
source agent-pods-lib.sh
read_given
seconds=${given[seconds]}

units() {
  quadlets
  pods
}
quadlets() {
  local each key value names=() i=0
  for each in /etc/containers/systemd/agent-*.container; do
    if [ -f "$each" ]; then each=${each##*/} && names+=("${each%.container}"); fi
  done
  [ ${#names[@]} -gt 0 ] || return 0
  local row=()
  # In the order in which they were asked for, with an empty line between two.
  while IFS='=' read -r key value; do
    if [ -n "$key" ]; then row+=("$key=$value"); else
      unit_row "${names[i]}" "${row[@]}"
      row=() i=$((i + 1))
    fi
  done < <(systemctl show --timestamp=unix -p ActiveState,SubState,NRestarts,StateChangeTimestamp -- "${names[@]/%/.service}" && echo)
  for each in "${names[@]}"; do
    # With -g and -n the newest comes first, also where nobody asked for that.
    timeout "$seconds" journalctl -q -u "$each.service" -r -g '"what"' -n 50 -o json --output-fields=MESSAGE --no-pager 2>/dev/null |
      tac | sed "s/^/said\t$each\t/" || true
  done
}
unit_row() { # NAME KEY=VALUE…
  local name=$1 pair
  shift
  local -A has=()
  for pair in "$@"; do has[${pair%%=*}]=${pair#*=}; done
  # By a schedule: activating until it ends, and then not there until its time has come.
  if [ -f "/etc/systemd/system/$name.timer" ]; then
    case ${has[ActiveState]:-} in activating) has[ActiveState]=active ;; inactive) has[ActiveState]=scheduled ;; esac
  fi
  printf 'unit\t%s\t%s\t%s\t%s\t%s\n' "$name" "${has[ActiveState]:-}" "${has[SubState]:-}" "${has[NRestarts]:-}" "${has[StateChangeTimestamp]#@}"
}

# In the words that a unit has, and lines as journalctl writes them.
pods() {
  local name log restarts pid since state
  while IFS=$'\t' read -r name log restarts pid; do
    state=$'active\trunning' since=/proc/$pid
    [ "$pid" != 0 ] || { state=$'failed\twaiting' since=$log; }
    printf 'unit\t%s\t%s\t%s\t%s\n' "$name" "$state" "$restarts" "$(stat -c %Y -- "$since" || true)"
    agent_pod_lines "$log" | awk -v name="$name" '
      { at = $1; line = substr($0, length($1) + 2); sub(/\./, "", at)
        gsub(/["\\]/, "\\\\&", line)
        printf "said\t%s\t{\"MESSAGE\":\"%s\",\"__REALTIME_TIMESTAMP\":\"%s\"}\n", name, line, at }'
  done < <(agent_pods /var/log/pods)
}

queues() {
  local port conf=/etc/homelab/nats/nats.conf
  [ -f "$conf" ] || return 0
  port=$(sed -n 's/^http: "127\.0\.0\.1:\([0-9]*\)"$/\1/p' "$conf")
  [ -n "$port" ] || return 0
  jsz "$port" "$seconds" | sed 's/^/queue\t/'
}

gateway() {
  local port conf=/etc/homelab/inference-door/haproxy.cfg
  [ -f "$conf" ] || return 0
  port=$(awk '$1 == "frontend" { inside = $2 == "gateway" } inside && $1 == "bind" { sub(/.*:/, "", $2); print $2; exit }' "$conf")
  [ -n "$port" ] || return 0
  timeout "$seconds" curl -fsS --max-time "$seconds" "http://127.0.0.1:$port/metrics" |
    sed -n 's/^\(homelab_inference_[^ ]*\({.*}\)\{0,1\}\) \([-+.0-9eE]*\)$/metric\t\1\t\3/p'
}

printf 'now\t%s\n' "$EPOCHSECONDS"
section units units
section queues queues
section gateway gateway
wait
