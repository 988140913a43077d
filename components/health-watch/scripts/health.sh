#!/bin/bash
# Asks every service that is watched on this node whether it is well, and restarts one that runs and does not answer: after
# four looks in a row, never in the time that its start may take, not while the disk of its data is full (only a restart
# helps afterwards, and none before), and at most three times in six hours. From then on it is only told. A service of
# which a person must decide (PostgreSQL) is never restarted. Arguments: the directory of what is watched, a file a service
# (written by Pulumi; KEY, a tab, VALUE), and the directory of the files of metrics.
set -euo pipefail
shopt -s inherit_errexit nullglob
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
watched=$1 metrics=$2
state=/var/lib/homelab
# Gone after a reboot, as the moments in it are: they count from the machine's start, so no change of the clock touches them.
notes=/run/homelab-health
uptime=/proc/uptime
enough=4 most=3 within=21600
room=65536 # KiB that must be free where its data is
install -d -m 700 "$notes"
read -r now _ <"$uptime"
now=${now%.*}

# full PATH…: the first of them whose disk has no room.
full() {
  local path free
  for path in "$@"; do
    free=$(df --output=avail -k -- "$path" 2>/dev/null | tail -n 1) || continue
    if [ "$free" -lt "$room" ]; then printf '%s' "$path" && return; fi
  done
}

# restart_it SERVICE: unless a run of Pulumi works on it.
restart_it() {
  local lock
  if [ -d "$state/units/$1" ]; then
    exec {lock}>"$state/units/$1/lock"
    flock -n "$lock" || return 1
  fi
  systemctl restart --no-block -- "$1"
}

# note SERVICE LINE…
note() {
  printf '%s\n' "${@:2}" >"$notes/$1.new"
  mv -T -- "$notes/$1.new" "$notes/$1"
}

# look SERVICE: output is what Prometheus is told of it.
look() {
  local service=$1 key value restart=no start=60 probe=() keeps=() shown active='' invocation=- since=0 known='' failures=0 restarts=() healthy=1 said='' moment on
  while IFS=$'\t' read -r key value; do
    case $key in
    restart) restart=$value ;;
    start) start=$value ;;
    keeps) keeps+=("$value") ;;
    probe)
      value=$(base64 -d <<<"$value")
      probe+=("$value")
      ;;
    esac
  done <"$watched/${service%.service}"
  shown=$(systemctl show -p ActiveState,InvocationID,ActiveEnterTimestampMonotonic -- "$service")
  while IFS='=' read -r key value; do
    case $key in
    ActiveState) active=$value ;;
    InvocationID) invocation=${value:--} ;;
    ActiveEnterTimestampMonotonic) since=$((value / 1000000)) ;;
    esac
  done <<<"$shown"
  if [ -s "$notes/$service" ]; then
    {
      read -r known failures
      while read -r moment; do
        if [ $((now - moment)) -lt "$within" ]; then restarts+=("$moment"); fi
      done
    } <"$notes/$service"
  fi
  # One that was started since is another one.
  if [ "$known" != "$invocation" ]; then failures=0; fi

  # What is stopped, failed or on its way is systemd's, and other alerts'.
  if [ "$active" = active ]; then
    if said=$(timeout -k 5 15 "${probe[@]}" 2>&1); then
      failures=0
    else
      healthy=0
      if [ $((now - since)) -ge "$start" ]; then failures=$((failures + 1)); fi
    fi
    if [ "$failures" -ge "$enough" ]; then
      on=$(full "${keeps[@]}")
      said="$service runs, and has not been well for $failures looks: ${said:-no answer}."
      if [ "$restart" != yes ]; then
        said+=' It is never restarted by itself.'
      elif [ -n "$on" ]; then
        said+=" The disk of $on is full: it is restarted when there is room."
      elif [ ${#restarts[@]} -ge "$most" ]; then
        said+=" It was restarted ${#restarts[@]} times in six hours, which did not help: nothing more is done by itself."
      else
        # Noted first: one that is cut off here counts.
        note "$service" "$invocation 0" "${restarts[@]}" "$now"
        if restart_it "$service"; then
          printf '%s It is restarted.\n' "$said" >&2
          restarts+=("$now")
          failures=0 said=''
        else
          said+=' It could not be restarted now: a run of Pulumi works on it, or systemd refuses.'
        fi
      fi
      # Each time would be a line twice a minute.
      if [ -n "$said" ] && [ $(((failures - enough) % 120)) = 0 ]; then printf '%s\n' "$said" >&2; fi
    fi
    printf 'healthy\t%s\t%s\n' "$service" "$healthy"
  else
    failures=0
  fi
  printf 'restarts\t%s\t%s\n' "$service" "${#restarts[@]}"
  note "$service" "$invocation $failures" "${restarts[@]}"
}

# One that hangs keeps nobody else waiting.
declare -A looks=()
code=0
out=$notes/.out
rm -rf -- "$out"
mkdir "$out"
for file in "$watched"/*; do
  service=${file##*/}.service
  look "$service" >"$out/$service" &
  looks[$service]=$!
done
for service in "${!looks[@]}"; do
  if ! wait "${looks[$service]}"; then
    echo "Whether $service is well could not be found out: the words are above." >&2
    code=1
  fi
done
if [ -d "$metrics" ]; then
  {
    for key in healthy restarts; do
      printf '# TYPE homelab_service_%s gauge\n' "$key"
      for file in "$out"/*; do
        sed -nE "s/^$key\t([^\t]+)\t([0-9]+)$/homelab_service_$key{name=\"\1\"} \2/p" "$file"
      done
    done
  } >"$metrics/.homelab_health.new"
  chmod 644 "$metrics/.homelab_health.new"
  sync -- "$metrics/.homelab_health.new"
  # Read while it is written it would be half a file.
  mv -T -- "$metrics/.homelab_health.new" "$metrics/homelab_health.prom"
fi
exit "$code"
