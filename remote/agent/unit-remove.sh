#!/bin/bash
# Stops a unit and takes its files away; never its data, nor what somebody else made. Input: `service NAME`,
# `file PATH`…, `on-removal BASE64`… (a command, word by word), `end`. Output: `aside DIRECTORY`, where there is
# something that was set aside.
source head.sh
source unit-lib.sh
service='' complete='' paths=() on_removal=()
stamp=$(date -u +%Y%m%dT%H%M%SZ)
while IFS=$'\t' read -r key value; do
  case $key in
  service) of_unit "$value" ;;
  file) paths+=("$value") ;;
  on-removal) on_removal+=("$(decode "$value")") ;;
  end) complete=yes ;;
  esac
done
if [ -z "$complete" ] || [ -z "$service" ]; then fail 30 'The description of the unit arrived cut short.'; fi
if [ -d "$kept" ]; then
  exec 9>"$kept/lock"
  flock -w 300 9 || fail 31 "Another run is still working on $service: wait for it, then run this again."
fi
if [ -f "/etc/systemd/system/$service" ]; then systemctl --quiet disable -- "$service" || true; fi
timeout 150 systemctl stop -- "$service" 2>/dev/null || true
case $(systemctl show -p ActiveState --value -- "$service") in
active | deactivating) fail 32 "$service does not stop: look at it with \`systemctl status $service\`, then run this again." ;;
esac
# What a timer started: a run that goes on, or one that failed, would stay as a unit without files.
started=()
for path in "${paths[@]}"; do
  if [ -d "$kept" ] && foreign "$path"; then continue; fi
  for each in $(services_of "$path"); do
    if [ "$each" != "$service" ]; then started+=("$each"); fi
  done
done
if [ ${#started[@]} -gt 0 ]; then timeout 150 systemctl stop -- "${started[@]}" 2>/dev/null || true; fi
# Its program goes with the unit's files; where an earlier run was cut off in between, it has been run already.
if [ ${#on_removal[@]} -gt 0 ] && [ -x "${on_removal[0]}" ]; then
  timeout 120 "${on_removal[@]}" </dev/null >&2 || fail 33 "What $service leaves behind could not be ended; see above."
fi
for path in "${paths[@]}"; do
  # Without notes (a run that was cut off here, a machine made anew) nothing tells whose it is.
  if [ -d "$kept" ] && foreign "$path"; then
    said=$(aside "$path" 2>&1) || fail 22 "$path was not written by this program and cannot be set aside: ${said##*: }."
  else
    rm -f -- "$path"
  fi
done
for each in $(services_of "${paths[@]}"); do
  rm -f -- "$(drop_in_of "$each")"
  rmdir -- "/etc/systemd/system/$each.d" 2>/dev/null || true
done
if [ -d "$kept/set-aside" ]; then
  install -d -m 700 "$state/set-aside" "$asides"
  mv -T -- "$kept/set-aside" "$asides/before-$stamp"
fi
rm -rf -- "${kept:?}"
sync -f "$state"
systemctl daemon-reload
for each in "$service" "${started[@]}"; do systemctl reset-failed -- "$each" 2>/dev/null || true; done
if [ -d "$asides" ]; then printf 'aside\t%s\n' "$asides"; fi
