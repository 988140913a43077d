#!/bin/bash
# What is there of a unit. Input, a line each: `service NAME`, `health WORDS` (its check, each word with a zero byte after
# it, base64), `file PATH`, `keeps PATH`, `end`. Output: tab-separated facts. A node has tens of units, which are looked at one
# after the other: what each program can say of all files or properties, it is asked once.
source head.sh
source unit-lib.sh
service='' complete='' health=() keeps=() paths=()
while IFS=$'\t' read -r key value; do
  case $key in
  service) of_unit "$value" ;;
  health) mapfile -d '' health < <(decode "$value") ;;
  keeps) keeps+=("$value") ;;
  file) paths+=("$value") ;;
  end) complete=yes ;;
  esac
done
[ -n "$complete" ] || fail 30 'The description of the unit arrived cut short.'
if [ -f "$kept/applied" ]; then printf 'applied\t%s\n' "$(<"$kept/applied")"; fi
declare -A unit=()
shown=$(systemctl show -p LoadState,LoadError,ActiveState,SubState,UnitFileState,DropInPaths,NeedDaemonReload,FragmentPath,SourcePath,NRestarts,Type,ActiveEnterTimestampMonotonic -- "$service")
while IFS='=' read -r name value; do
  unit[$name]=$value
  printf 'systemd\t%s\t%s\n' "$name" "$value"
done <<<"$shown"

# systemd finds it there before podman's.
own=/etc/systemd/system/$service
plain=()
for path in "$own" "${paths[@]}"; do
  if [ -f "$path" ] && [ ! -L "$path" ]; then plain+=("$path"); fi
done
declare -A facts=()
if [ ${#plain[@]} -gt 0 ]; then
  shown=$(sha256sum -- "${plain[@]}")
  while read -r sum path; do sums[$path]=$sum; done <<<"$shown"
  shown=$(stat -c $'%n\t%04a\t%u:%g\t%U:%G' -- "${plain[@]}")
  while IFS=$'\t' read -r path said; do facts[$path]=$said; done <<<"$shown"
fi
if foreign "$own"; then printf 'foreign\t%s\n' "$own"; fi
for path in "${paths[@]}"; do
  if [ -n "${sums[$path]-}" ]; then
    printf 'file\t%s\t%s\t%s\n' "$path" "${sums[$path]}" "${facts[$path]}"
  elif there "$path"; then
    printf 'other\t%s\n' "$path"
  fi
  if [ "$path" != "$own" ] && foreign "$path"; then printf 'foreign\t%s\n' "$path"; fi
  # A quadlet's drop-ins change the unit as well as the file itself does.
  for extra in "$path".d/*.conf; do
    if there "$extra"; then printf 'drop-in\t%s\n' "$extra"; fi
  done
done
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
if [ "${unit[Type]-}" = oneshot ]; then
  if ! timeout 5 "${health[@]}" >/dev/null 2>&1; then printf 'undone\n'; fi
elif [ "${unit[ActiveState]}" = active ]; then
  for pause in 1 2 ''; do
    if said=$(timeout 4 "${health[@]}" 2>&1 >/dev/null); then break; fi
    if [ -z "$pause" ]; then
      printf 'ill\t%s\n' "$(tail -n 3 <<<"$said" | tr '\t\n' '  ' | cut -c1-400)"
    else
      sleep "$pause"
    fi
  done
  # One that ends soon after each start is active now and then.
  restarts=${unit[NRestarts]:-0} since=${unit[ActiveEnterTimestampMonotonic]:-0}
  read -r up _ </proc/uptime
  if [ "$restarts" -ge 3 ] && [ $((${up%.*} - since / 1000000)) -lt 60 ]; then printf 'loops\t%s\n' "$restarts"; fi
fi
