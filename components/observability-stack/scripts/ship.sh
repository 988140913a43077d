#!/bin/bash
# Carries what a node says to where logs are kept: its journal and its pods' logs, each by itself. What ends begins again. The
# journal goes by systemd-journal-upload, which ends when the engine is away and goes on after the last line that was taken;
# redact.pl behind it takes secrets out on the way, and without it nothing is sent. The pods' logs go by pods.pl.
# Arguments: the engine's host, port, path for journals.
set -u
here=${BASH_SOURCE[0]%/*} host=$1 port=$2 path=$3
state=${STATE:-/state} chain=$(<"$here/chain")

# How far the journal has come is noted by systemd-journal-upload without waiting for the disk: a power cut leaves the note
# empty, and all of the journal would be carried again. So it is made elsewhere, and its copy is on the disk before it counts.
now=$(mktemp -d)/state
cp "$state/state" "$now" 2>/dev/null || true
keep() {
  [ -s "$now" ] && ! cmp -s "$now" "$state/state" || return 0
  cp "$now" "$state/state.part" && sync "$state/state.part" && mv "$state/state.part" "$state/state"
}
keeping() {
  local pause=''
  trap 'kill "$pause" 2>/dev/null; keep; exit 0' TERM INT
  while :; do
    sleep 5 &
    pause=$!
    wait "$pause"
    keep
  done
}

journal() {
  local shipper='' filter='' own
  trap 'kill "$shipper" "$filter" 2>/dev/null; exit 0' TERM INT
  while :; do
    if [ -z "$filter" ] || ! kill -0 "$filter" 2>/dev/null; then
      exec 3< <(exec perl "$here/redact.pl" "$host" "$port" "$here/patterns" "$chain")
      filter=$!
      read -r own <&3 || { sleep 5; continue; }
    fi
    /usr/lib/systemd/systemd-journal-upload --directory="${JOURNAL:-/var/log/journal}" --save-state="$now" \
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
keeping &
each+=($!)
trap 'kill "${each[@]}" 2>/dev/null; wait; exit 0' TERM INT
# None ends by itself: whoever began this begins all again.
wait -n
kill "${each[@]}" 2>/dev/null
exit 1
