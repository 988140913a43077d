#!/bin/bash
# Carries the node's journal to where logs are kept, and begins again when that is away: systemd-journal-upload ends then. It
# goes on after the last line that was taken. redact.pl beside it takes secrets out on the way; without it nothing is sent.
# Arguments: the engine's host, port, path.
set -u
here=${BASH_SOURCE[0]%/*} host=$1 port=$2 path=$3
trap 'kill "$shipper" "$filter" 2>/dev/null; exit 0' TERM INT
shipper='' filter=''
while :; do
  if [ -z "$filter" ] || ! kill -0 "$filter" 2>/dev/null; then
    exec 3< <(exec perl "$here/redact.pl" "$host" "$port" "$here/patterns" "$(<"$here/chain")")
    filter=$!
    read -r local <&3 || { sleep 5; continue; }
  fi
  /usr/lib/systemd/systemd-journal-upload --directory="${JOURNAL:-/var/log/journal}" --save-state="${STATE:-/state}/state" \
    --url="http://127.0.0.1:$local$path" &
  shipper=$!
  wait "$shipper"
  sleep 10 &
  shipper=$!
  wait "$shipper"
done
