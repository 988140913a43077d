#!/bin/bash
# What is there of a unit. Input, a line each: `service NAME`, `health WORD` (base64) for each word of its check,
# `file PATH`, `end`. Output: tab-separated facts.
source head.sh
service='' complete='' health=()
while IFS=$'\t' read -r key value; do
  case $key in
  service)
    service=$value
    kept=$state/units/$service
    if [ -f "$kept/applied" ]; then printf 'applied\t%s\n' "$(cat "$kept/applied")"; fi
    systemctl show -p LoadState,ActiveState,SubState,UnitFileState,DropInPaths,NeedDaemonReload -- "$service" |
      while IFS='=' read -r name shown; do printf 'systemd\t%s\t%s\n' "$name" "$shown"; done
    ;;
  health) health+=("$(decode "$value")") ;;
  file)
    if [ -f "$value" ] && [ ! -L "$value" ]; then
      sum=$(sha256sum <"$value")
      printf 'file\t%s\t%s\t%s\n' "$value" "${sum%% *}" "$(stat -c $'%04a\t%u:%g\t%U:%G' -- "$value")"
    elif [ -e "$value" ] || [ -L "$value" ]; then
      printf 'other\t%s\n' "$value"
    fi
    # A quadlet's drop-ins change the unit as well as the file itself does.
    for extra in "$value".d/*.conf; do
      if [ -e "$extra" ]; then printf 'drop-in\t%s\n' "$extra"; fi
    done
    ;;
  end) complete=yes ;;
  esac
done
[ -n "$complete" ] || fail 30 'The description of the unit arrived cut short.'
# A service that only sets something up has ended: systemd cannot know whether that is still there.
if [ "$(systemctl show -p Type --value -- "$service")" = oneshot ] && ! timeout 5 "${health[@]}" >/dev/null 2>&1; then
  printf 'undone\n'
fi
