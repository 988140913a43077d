#!/bin/bash
# Carries the node's journal to where logs are kept, and begins again when that is away: systemd-journal-upload ends then. It
# goes on after the last line that was taken. Argument: the URL.
set -u
trap 'kill "$!" 2>/dev/null; exit 0' TERM INT
while :; do
  /usr/lib/systemd/systemd-journal-upload --directory=/var/log/journal --save-state=/state/state --url="$1" &
  wait "$!"
  sleep 10 &
  wait "$!"
done
