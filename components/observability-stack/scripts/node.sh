#!/bin/bash
# What this node knows of itself and the node exporter does not ask for, as a file for its textfile collector: the timers that
# are declared here, why other nodes went off, certificates, how far the logs have come, NATS' own figures (which it has as JSON
# alone), and what is to be scraped here.
# Arguments: the exporter's directory, the configuration (written by Pulumi; KEY, then values, with tabs between).
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
directory=$1 config=$2
state=${HOMELAB_STATE:-/var/lib/homelab} cache=${HOMELAB_CACHE:-/run/homelab-metrics}
mkdir -p "$directory" "$cache"
now=$EPOCHSECONDS

# configured KEY: values of its lines.
configured() { sed -n "s/^$1\t//p" "$config"; }
# series NAME: begins one; its samples follow.
series() { printf '# TYPE %s gauge\n' "$1"; }

# interval SPECIFICATION: the longest time between two of its next moments, in seconds; worked out once.
interval() {
  local key value before=0 moment gap longest=0
  key=$(printf '%s' "$1" | sha256sum | cut -c1-16)
  if [ -s "$cache/$key" ]; then cat "$cache/$key" && return; fi
  while IFS= read -r value; do
    moment=$(date -u -d "$value" +%s 2>/dev/null) || continue
    gap=$((moment - before))
    if [ "$before" != 0 ] && [ "$gap" -gt "$longest" ]; then longest=$gap; fi
    before=$moment
  done < <(systemd-analyze calendar --iterations=9 -- "$1" 2>/dev/null | sed -nE 's/^ *(Next elapse|Iter[a-z.]* #[0-9]+): ([A-Z][a-z]+ )?([0-9-]+ [0-9:]+).*$/\3/p')
  printf '%s\n' "$longest" | tee "$cache/$key"
}

# timers: of each that the stack put here, and each that is named in its settings, a line NAME ACTIVE SINCE LAST INTERVAL.
timers() {
  local names block name='' active=0 since=0 last=0 each=0 service='' found line gap
  mapfile -t names < <({
    for found in "$state"/units/*.timer; do if [ -d "$found" ]; then basename "$found"; fi; done
    configured timer
  } | sort -u)
  [ ${#names[@]} -gt 0 ] || return 0
  for found in "${names[@]}"; do
    name=$found active=0 since=0 last=0 each=0 service=''
    block=$(TZ=UTC systemctl show --timestamp=unix -p ActiveState,ActiveEnterTimestamp,LastTriggerUSec,TimersCalendar,TimersMonotonic,Unit -- "$name" 2>/dev/null) || block=''
    while IFS= read -r line; do
      case $line in
      ActiveState=active) active=1 ;;
      ActiveEnterTimestamp=@*) since=${line#*@} ;;
      # Of this moment alone systemd gives a text.
      LastTriggerUSec=[A-Z]*) last=$(date -u -d "${line#*=}" +%s 2>/dev/null) || last=0 ;;
      Unit=*) service=${line#*=} ;;
      TimersCalendar=*)
        if [[ $line =~ OnCalendar=([^\;]+)\ \; ]]; then
          gap=$(interval "${BASH_REMATCH[1]}")
          if [ "$each" = 0 ] || [ "$gap" -lt "$each" ]; then each=$gap; fi
        fi
        ;;
      TimersMonotonic=*)
        if [[ $line =~ On(UnitInactive|UnitActive)USec=([^\;]+)\ \; ]]; then
          gap=$(systemd-analyze timespan -- "${BASH_REMATCH[2]}" 2>/dev/null | sed -nE 's/^ *[^: ]*s: ([0-9]+)$/\1/p')
          each=$((${gap:-0} / 1000000))
        fi
        ;;
      esac
    done <<<"$block"
    # A run that is under way is no silence.
    if [ -n "$service" ] && [[ $(systemctl show -p ActiveState --value -- "$service") == activating ]]; then last=$now; fi
    printf '%s %s %s %s %s\n' "$name" "$active" "$since" "$last" "$each"
  done
}

# behind: for how long the oldest line that has not arrived has been waiting, in seconds. Nothing when no logs are sent.
behind() {
  local file cursor first pods
  file=$(configured cursor)
  [ -n "$file" ] || return 0
  # Never sent: since it was switched on.
  first=$(stat -c %Y "$config")
  if [ -s "$file" ]; then
    cursor=$(sed -n 's/^\(LAST_CURSOR=\)\{0,1\}\(s=.*\)$/\2/p' "$file" | tail -n 1)
    first=$(journalctl --merge --quiet --no-pager --output=short-unix --after-cursor="$cursor" 2>/dev/null | head -n 1 | cut -d. -f1) || true
  fi
  [[ ${first:-} =~ ^[0-9]+$ ]] || first=$now
  # The time of this file is when no line of a pod was waiting, or some were carried.
  file=$(configured carried)
  if [ -n "$file" ]; then
    pods=$(stat -c %Y -- "$file" 2>/dev/null) || pods=$(stat -c %Y "$config")
    if [ "$pods" -lt "$first" ]; then first=$pods; fi
  fi
  printf '%s\n' $((now > first ? now - first : 0))
}

# nats: what the server says of itself, of its streams and of who reads them. It writes a value a line, by its depth.
nats() {
  local port said file
  port=$(configured nats)
  [ -n "$port" ] || return 0
  file=$cache/nats
  : >"$file"
  for said in varz 'jsz?streams=true&consumers=true'; do
    if ! curl -fsS --max-time 5 "http://127.0.0.1:$port/$said" >>"$file" 2>/dev/null; then
      series homelab_nats_up && echo 'homelab_nats_up 0'
      return 0
    fi
    echo >>"$file"
  done
  series homelab_nats_up && echo 'homelab_nats_up 1'
  awk '
    function sample(kind, name, labels) {
      if (!(name in samples)) order[++known] = name
      kinds[name] = kind
      samples[name] = samples[name] name (labels == "" ? "" : "{" labels "}") " " value "\n"
    }
    function text() { return value ~ /^"[A-Za-z0-9_.:@=+-]+"$/ ? value : "\"\"" }
    {
      depth = match($0, /[^ ]/) - 1
      if (split($0, parts, /": /) != 2) next
      key = parts[1]; sub(/^ *"/, "", key)
      value = parts[2]; sub(/,$/, "", value)
      if (depth == 10 && key == "name") { stream = "stream=" text(); next }
      if (depth == 14 && key == "name") { consumer = stream ",consumer=" text(); next }
      if (value !~ /^[0-9]+$/) next
      at = depth " " key
    }
    at == "2 connections" { sample("gauge", "homelab_nats_connections", "") }
    at == "2 mem" { sample("gauge", "homelab_nats_memory_bytes", "") }
    at == "2 slow_consumers" { sample("counter", "homelab_nats_slow_consumers_total", "") }
    at == "2 in_msgs" || at == "2 out_msgs" { sample("counter", "homelab_nats_messages_total", "way=\"" substr(key, 1, index(key, "_") - 1) "\"") }
    at == "2 in_bytes" || at == "2 out_bytes" { sample("counter", "homelab_nats_bytes_total", "way=\"" substr(key, 1, index(key, "_") - 1) "\"") }
    at == "2 storage" { sample("gauge", "homelab_nats_store_bytes", "") }
    at == "4 max_storage" { sample("gauge", "homelab_nats_store_limit_bytes", "") }
    at == "12 messages" { sample("gauge", "homelab_nats_stream_messages", stream) }
    at == "12 bytes" { sample("gauge", "homelab_nats_stream_bytes", stream) }
    at == "14 num_pending" { sample("gauge", "homelab_nats_consumer_waiting", consumer) }
    at == "14 num_ack_pending" { sample("gauge", "homelab_nats_consumer_taken", consumer) }
    at == "14 num_redelivered" { sample("gauge", "homelab_nats_consumer_again", consumer) }
    { at = "" }
    END { for (i = 1; i <= known; i++) printf "# TYPE %s %s\n%s", order[i], kinds[order[i]], samples[order[i]] }
  ' "$file"
}

write() {
  local name active since last each file word at path value
  while read -r name active since last each; do
    printf 'homelab_timer_active{name="%s"} %s\n' "$name" "$active" >&3
    if [ "$active" = 0 ]; then continue; fi
    printf 'homelab_timer_active_since_timestamp_seconds{name="%s"} %s\n' "$name" "$since" >&4
    printf 'homelab_timer_last_trigger_timestamp_seconds{name="%s"} %s\n' "$name" "$last" >&5
    if [ "$each" != 0 ]; then printf 'homelab_timer_interval_seconds{name="%s"} %s\n' "$name" "$each" >&6; fi
  done 3>"$cache/3" 4>"$cache/4" 5>"$cache/5" 6>"$cache/6" < <(timers)
  series homelab_timer_active && cat "$cache/3"
  series homelab_timer_active_since_timestamp_seconds && cat "$cache/4"
  series homelab_timer_last_trigger_timestamp_seconds && cat "$cache/5"
  series homelab_timer_interval_seconds && cat "$cache/6"
  : >"$cache/3" && : >"$cache/4"
  for file in "$state"/power/*; do
    [ -f "$file" ] || continue
    IFS=$'\t' read -r word at <"$file" || continue
    [[ $at =~ ^[0-9]+$ ]] || continue
    printf 'homelab_node_meant_to_be_on{peer="%s"} %s\n' "$(basename "$file")" "$([ "$word" = on ] && echo 1 || echo 0)" >>"$cache/3"
    printf 'homelab_node_last_word_timestamp_seconds{peer="%s"} %s\n' "$(basename "$file")" "$at" >>"$cache/4"
  done
  series homelab_node_meant_to_be_on && cat "$cache/3"
  series homelab_node_last_word_timestamp_seconds && cat "$cache/4"
  series homelab_certificate_not_after_timestamp_seconds
  while read -r path; do
    # A glob, so without quotes.
    for file in $path; do
      [ -f "$file" ] || continue
      value=$(openssl x509 -noout -enddate -in "$file" 2>/dev/null | sed -n 's/^notAfter=//p') || continue
      if value=$(date -d "$value" +%s 2>/dev/null); then
        printf 'homelab_certificate_not_after_timestamp_seconds{file="%s"} %s\n' "$file" "$value"
      fi
    done
  done < <(configured certificates)
  series homelab_logs_behind_seconds
  value=$(behind)
  if [ -n "$value" ]; then printf 'homelab_logs_behind_seconds %s\n' "$value"; fi
  nats
  series homelab_scrape_target
  while IFS=$'\t' read -r name at path; do
    printf 'homelab_scrape_target{service="%s",port="%s",path="%s"} 1\n' "$name" "$at" "$path"
  done < <(configured target)
}

write >"$cache/new"
chmod 644 "$cache/new"
# Read while it is written it would be half a file.
cp "$cache/new" "$directory/.homelab_node.new"
sync -- "$directory/.homelab_node.new"
mv "$directory/.homelab_node.new" "$directory/homelab_node.prom"
