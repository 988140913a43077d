#!/bin/bash
# What this machine is used for right now. Arguments: the port of its sshd, a file for the processors' last figure. Output: tab-separated,
# a line each: `session TEXT`, `connection TEXT`, `inhibitor TEXT`, `job TEXT`, `gpu PERCENT`, `cpu PERCENT` (of one processor,
# since the last look) or `cpu first`; `unknown WHAT WHY` for whatever could not be found out.
set -u
export LC_ALL=C
line() { local IFS=$'\t'; printf '%s\n' "${*//[$'\n\t']/ }"; }

# Who is logged in. Not those who are only asked for their name, nor systemd's own managers.
if sessions=$(loginctl list-sessions --no-legend 2>&1); then
  while read -r id _; do
    if [ -z "$id" ]; then continue; fi
    # Whoever logged out since the list was made is nobody any more.
    if ! session=$(loginctl show-session "$id" -p Class -p Name 2>&1); then
      if [[ $session != *"No session"* && $session != *"Unknown object"* ]]; then line unknown "who is logged in" "$session"; fi
      continue
    fi
    class='' name=''
    while IFS='=' read -r key value; do
      case $key in Class) class=$value ;; Name) name=$value ;; esac
    done <<<"$session"
    case $class in greeter | manager | manager-early | lock-screen | none) ;; *) line session "${name:-somebody} is logged in" ;; esac
  done <<<"$sessions"
else
  line unknown "who is logged in" "$sessions"
fi
if peers=$(ss -Htn state established "( sport = :$1 )" 2>&1); then
  while read -r _ _ _ peer; do
    if [ -n "$peer" ]; then line connection "SSH from ${peer%:*}"; fi
  done <<<"$peers"
else
  line unknown "who is connected by SSH" "$peers"
fi

# Whoever asked systemd that the machine stay on: systemd-inhibit --what=shutdown COMMAND, or idle.
if holders=$(busctl call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager ListInhibitors --json=short 2>&1); then
  while IFS= read -r holder; do
    if [ -n "$holder" ]; then line inhibitor "$holder"; fi
  done < <(grep -oE '\["[^"]*(shutdown|idle)[^"]*","([^"\\]|\\.)*","([^"\\]|\\.)*","block"' <<<"$holders" | tr -d '["')
else
  line unknown "who asked that it stay on" "$holders"
fi

# Pods of Kubernetes' Jobs: runs of a queue, Dagster's among them.
agent='k3s-agent.service'
if systemctl --quiet is-active "$agent"; then
  k3s=$(systemctl show -p ExecStart --value "$agent" | sed -n 's/.*[ =]\([^ =]*\) agent --config .*/\1/p')
  if pods=$(timeout 20 "$k3s" ctr -n k8s.io containers ls -q 'labels."batch.kubernetes.io/job-name"~="."' 2>&1) &&
    tasks=$(timeout 20 "$k3s" ctr -n k8s.io task ls 2>&1); then
    while read -r pod; do
      if [ -n "$pod" ] && grep -qE "^$pod .*RUNNING" <<<"$tasks"; then line job "a pod of a Job runs"; fi
    done <<<"$pods"
  else
    line unknown "which pods run" "${pods:-} ${tasks:-}"
  fi
elif systemctl --quiet is-enabled "$agent" 2>/dev/null; then
  line unknown "which pods run" "$agent is not active"
fi

# Graphics processors, where there are any.
if command -v nvidia-smi >/dev/null; then
  if percents=$(timeout 20 nvidia-smi --query-gpu=utilization.gpu --format=csv,noheader,nounits 2>&1); then
    while read -r percent; do
      if [[ $percent =~ ^[0-9]+$ ]]; then line gpu "$percent"; else line unknown "what the GPU does" "$percent"; fi
    done <<<"$percents"
  else
    line unknown "what the GPU does" "$percents"
  fi
elif [ -e /proc/driver/nvidia/version ]; then
  line unknown "what the GPU does" "nvidia-smi is missing"
fi
for busy in /sys/class/drm/card*/device/gpu_busy_percent; do
  if [ -r "$busy" ]; then line gpu "$(cat "$busy")"; fi
done

# What all processors together have done since the last look: whatever runs, in a container or not.
used=$(awk '$1 == "usage_usec" { print $2 }' /sys/fs/cgroup/cpu.stat 2>/dev/null)
now=$(awk '{ printf "%d", $1 * 1000000 }' /proc/uptime)
if [ -z "$used" ]; then
  line unknown "what the processors do" "/sys/fs/cgroup/cpu.stat is missing"
elif read -r used_before now_before 2>/dev/null <"$2" && [ "$now" -gt "$now_before" ]; then
  line cpu $((100 * (used - used_before) / (now - now_before)))
else
  line cpu first
fi
if [ -n "$used" ]; then printf '%s %s\n' "$used" "$now" >"$2"; fi
