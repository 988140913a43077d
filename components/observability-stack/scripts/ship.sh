#!/bin/bash
# Carries what a node says to where logs are kept: its journal and its pods' logs, each by itself. What ends begins again. The
# journal goes by systemd-journal-upload, which ends when the engine is away and goes on after the last line that was taken;
# redact.pl behind it takes secrets out on the way, and without it nothing is sent. The pods' logs go by pods.pl.
# Arguments: the engine's host, port, path for journals.
set -u
here=${BASH_SOURCE[0]%/*} host=$1 port=$2 path=$3
state=${STATE:-/state} chain=$(<"$here/chain")

journal() {
  local shipper='' filter='' own
  trap 'kill "$shipper" "$filter" 2>/dev/null; exit 0' TERM INT
  while :; do
    if [ -z "$filter" ] || ! kill -0 "$filter" 2>/dev/null; then
      exec 3< <(exec perl "$here/redact.pl" "$host" "$port" "$here/patterns" "$chain")
      filter=$!
      read -r own <&3 || { sleep 5; continue; }
    fi
    /usr/lib/systemd/systemd-journal-upload --directory="${JOURNAL:-/var/log/journal}" --save-state="$state/state" \
      --url="http://127.0.0.1:$own$path" &
    shipper=$!
    wait "$shipper"
    sleep 10 &
    shipper=$!
    wait "$shipper"
  done
}

pods() {
  local carrier=''
  trap 'kill "$carrier" 2>/dev/null; exit 0' TERM INT
  while :; do
    perl "$here/pods.pl" "$host" "$port" "$here/patterns" "$chain" "${PODS:-/var/log/pods}" "$state/pods" &
    carrier=$!
    wait "$carrier"
    sleep 5 &
    carrier=$!
    wait "$carrier"
  done
}

journal &
each=($!)
pods &
each+=($!)
trap 'kill "${each[@]}" 2>/dev/null; wait; exit 0' TERM INT
# Neither ends by itself: whoever began this begins both again.
wait -n
kill "${each[@]}" 2>/dev/null
exit 1
