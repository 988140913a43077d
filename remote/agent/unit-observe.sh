#!/bin/bash
# What is there of a unit. Input, a line each: `service NAME`, `health WORD` (base64) for each word of its check,
# `file PATH`, `keeps PATH`, `end`. Output: tab-separated facts.
source head.sh
source unit-lib.sh
service='' complete='' health=() keeps=() paths=()
while IFS=$'\t' read -r key value; do
  case $key in
  service)
    of_unit "$value"
    if [ -f "$kept/applied" ]; then printf 'applied\t%s\n' "$(cat "$kept/applied")"; fi
    systemctl show -p LoadState,LoadError,ActiveState,SubState,UnitFileState,DropInPaths,NeedDaemonReload,FragmentPath,SourcePath,NRestarts -- "$service" |
      while IFS='=' read -r name shown; do printf 'systemd\t%s\t%s\n' "$name" "$shown"; done
    # systemd finds it there before podman's.
    if foreign "/etc/systemd/system/$service"; then printf 'foreign\t%s\n' "/etc/systemd/system/$service"; fi
    ;;
  health) health+=("$(decode "$value")") ;;
  keeps) keeps+=("$value") ;;
  file)
    paths+=("$value")
    if [ -f "$value" ] && [ ! -L "$value" ]; then
      sum=$(sha256sum <"$value")
      printf 'file\t%s\t%s\t%s\n' "$value" "${sum%% *}" "$(stat -c $'%04a\t%u:%g\t%U:%G' -- "$value")"
    elif there "$value"; then
      printf 'other\t%s\n' "$value"
    fi
    if foreign "$value" && [ "$value" != "/etc/systemd/system/$service" ]; then printf 'foreign\t%s\n' "$value"; fi
    # A quadlet's drop-ins change the unit as well as the file itself does.
    for extra in "$value".d/*.conf; do
      if there "$extra"; then printf 'drop-in\t%s\n' "$extra"; fi
    done
    ;;
  end) complete=yes ;;
  esac
done
[ -n "$complete" ] || fail 30 'The description of the unit arrived cut short.'
moved_data "${keeps[@]}"
for path in "${keeps[@]}"; do
  if why=$(unmounted "$path"); then printf 'unmounted\t%s\t%s\n' "$path" "$why"; fi
done
if [ ${#keeps[@]} -gt 0 ] && [ -f "$kept/applied" ]; then
  for path in "${keeps[@]}"; do
    if [ ! -s "$(mount_note "$path")" ] || newly_mounted "$path"; then printf 'unguarded\t%s\n' "$path"; fi
  done
  if ! guard_text | cmp -s - "$guard"; then printf 'unguarded\t%s\n' "$guard"; fi
  for each in $(services_of "${paths[@]}"); do
    if ! drop_in_text "$each" "${keeps[@]}" | cmp -s - "$(drop_in_of "$each")"; then printf 'unguarded\t%s\n' "$(drop_in_of "$each")"; fi
  done
fi
# A service that only sets something up has ended: systemd cannot know whether that is still there. Nor does it know
# whether one that runs does its work. It is asked again before it is said to be ill.
is=$(systemctl show -p ActiveState --value -- "$service")
if [ "$(systemctl show -p Type --value -- "$service")" = oneshot ]; then
  if ! timeout 5 "${health[@]}" >/dev/null 2>&1; then printf 'undone\n'; fi
elif [ "$is" = active ]; then
  for pause in 1 2 ''; do
    if said=$(timeout 4 "${health[@]}" 2>&1 >/dev/null); then break; fi
    if [ -z "$pause" ]; then
      printf 'ill\t%s\n' "$(tail -n 3 <<<"$said" | tr '\t\n' '  ' | cut -c1-400)"
    else
      sleep "$pause"
    fi
  done
  # One that ends soon after each start is active now and then.
  restarts=$(systemctl show -p NRestarts --value -- "$service")
  since=$(systemctl show -p ActiveEnterTimestampMonotonic --value -- "$service")
  read -r up _ </proc/uptime
  if [ "${restarts:-0}" -ge 3 ] && [ $((${up%.*} - ${since:-0} / 1000000)) -lt 60 ]; then printf 'loops\t%s\n' "$restarts"; fi
fi
