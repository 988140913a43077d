#!/bin/bash
# Stops a unit and takes its files away; never its data. Input: `service NAME`, `file PATH`…,
# `on-removal BASE64`… (a command, word by word), `end`.
source head.sh
service='' complete='' paths=() on_removal=()
while IFS=$'\t' read -r key value; do
  case $key in
  service) service=$value ;;
  file) paths+=("$value") ;;
  on-removal) on_removal+=("$(decode "$value")") ;;
  end) complete=yes ;;
  esac
done
if [ -z "$complete" ] || [ -z "$service" ]; then fail 30 'The description of the unit arrived cut short.'; fi
if [ -f "/etc/systemd/system/$service" ]; then systemctl --quiet disable -- "$service" || true; fi
timeout 150 systemctl stop -- "$service" 2>/dev/null || true
case $(systemctl show -p ActiveState --value -- "$service") in
active | deactivating) fail 32 "$service does not stop: look at it with \`systemctl status $service\`, then run this again." ;;
esac
# Its program goes with the unit's files; where an earlier run was cut off in between, it has been run already.
if [ ${#on_removal[@]} -gt 0 ] && [ -x "${on_removal[0]}" ]; then
  timeout 120 "${on_removal[@]}" </dev/null >&2 || fail 33 "What $service leaves behind could not be ended; see above."
fi
for path in "${paths[@]}"; do rm -f -- "$path"; done
rm -rf "${state:?}/units/$service"
sync -f "$state"
systemctl daemon-reload
systemctl reset-failed -- "$service" 2>/dev/null || true
