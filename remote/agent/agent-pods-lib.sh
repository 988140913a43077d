#!/bin/bash
# Agents that are pods of this node, by what the kubelet and the kernel have of them: the cluster need not be asked. Sent with those
# of this folder in the place of their `source` line, and put beside those that are files on the node.

# agent_pods LOGS: `NAME LOG RESTARTS PID` of each, tab-separated, with the kubelet's directory of logs; PID is 0 while its container
# does not run. One that a schedule began and that has ended is left out.
agent_pods() {
  local pod name log file restarts
  # The first process of each; its children have the variable too.
  local -A pids=()
  while IFS=: read -r file name; do
    name=${name#AGENT_NAME=} file=${file#/proc/}
    [ -n "${pids[$name]:-}" ] || pids[$name]=${file%/environ}
  done < <({ grep -sazoH '^AGENT_NAME=agent-[a-z0-9.-]*$' /proc/[0-9]*/environ || true; } | tr '\0' '\n' | sort -t/ -k3n)
  for pod in "$1"/homelab-workloads-*_agent-*_*/agent-*; do
    [ -d "$pod" ] || continue
    # NAMESPACE_POD_UID/CONTAINER/RESTARTS.log
    name=${pod%/*} && name=${name##*/} && name=${name#*_} && name=${name%_*}
    log=$(find "$pod" -maxdepth 1 -name '[0-9]*.log' | sort -V | tail -n 1)
    [ -n "$log" ] || continue
    restarts=${log##*/} && restarts=${restarts%.log}
    if [ -z "${pids[$name]:-}" ] && [[ $name =~ -[0-9]{8}-[a-z0-9]{5}$ ]]; then continue; fi
    printf '%s\t%s\t%s\t%s\n' "$name" "$log" "$restarts" "${pids[$name]:-0}"
  done
}

# agent_pod_lines LOG: its newest lines of the protocol (docs/agents.md), as `SECONDS.FRACTION LINE`. The log is as CRI has it.
agent_pod_lines() {
  # A line of its own may be no text.
  { tail -n 500 -- "$1" | grep -a '"what"' || true; } | tail -n 50 | TZ=UTC awk '
    match($0, /^[0-9-]+T[0-9:.]+Z (stdout|stderr) F /) {
      line = substr($0, RLENGTH + 1)
      at = $1
      gsub(/[-T:Z]/, " ", at)
      split(at, part, " ")
      split(part[6], second, ".")
      printf "%d.%s %s\n", mktime(part[1] " " part[2] " " part[3] " " part[4] " " part[5] " " second[1]), substr(second[2] "000000", 1, 6), line
    }'
}
