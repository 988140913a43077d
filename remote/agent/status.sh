#!/bin/bash
# What `homelab status` shows of a machine. Input: `seconds N` (for each question), `end`. Nothing is changed. All questions
# are asked at the same time, and a line is written as soon as it is known; `done SECTION` ends each. Tab-separated:
#   now SECONDS
#   power      as power-look.sh
#   units      unit SERVICE yes|no (brought up to the end?) · systemd SERVICE KEY VALUE · differs SERVICE PATH content|mode|missing
#   health     healthy SERVICE · ill SERVICE WORDS · health-unknown SERVICE (no check is noted)
#   jobs       timer NAME SECONDS (set up then) · metric NAME VALUE (of the backups, as Prometheus reads them)
#   pair       pair … (as pair.sh; only of two PostgreSQL servers)
#   cluster    member NODE READY CORDONED (only where the cluster's server is)
source head.sh
source section-lib.sh
source unit-lib.sh
source power-lib.sh
read_given
seconds=${given[seconds]}
services=()
for each in "$state"/units/*; do
  if [ -f "$each/files" ]; then services+=("${each##*/}"); fi
done

units() {
  local each saved path file extra key value paths=() files=() of=() i sums=() modes=()
  for each in "${services[@]}"; do
    of_unit "$each"
    printf 'unit\t%s\t%s\n' "$each" "$([ -f "$kept/applied" ] && echo yes || echo no)"
    for saved in "$kept"/healthy/*.path; do
      [ -f "$saved" ] || continue
      path=$(<"$saved") file=${saved%.path}.file
      if [ ! -f "$path" ] || [ -L "$path" ]; then
        printf 'differs\t%s\t%s\tmissing\n' "$each" "$path"
      else
        of+=("$each") paths+=("$path") files+=("$file")
      fi
      for extra in "$path".d/*.conf; do
        if foreign "$extra"; then printf 'differs\t%s\t%s\tadded\n' "$each" "$extra"; fi
      done
    done
    for extra in "/etc/systemd/system/$each".d/*.conf; do
      if foreign "$extra" && [ "$extra" != "$(drop_in_of "$each")" ]; then printf 'differs\t%s\t%s\tadded\n' "$each" "$extra"; fi
    done
  done
  [ ${#services[@]} -gt 0 ] || return 0
  if [ ${#paths[@]} -gt 0 ]; then
    mapfile -t sums < <(sha256sum -- "${paths[@]}" "${files[@]}" | cut -d' ' -f1)
    mapfile -t modes < <(stat -c '%a %u:%g' -- "${paths[@]}" "${files[@]}")
    for i in "${!paths[@]}"; do
      if [ "${sums[i]}" != "${sums[i + ${#paths[@]}]}" ]; then
        printf 'differs\t%s\t%s\tcontent\n' "${of[i]}" "${paths[i]}"
      elif [ "${modes[i]}" != "${modes[i + ${#paths[@]}]}" ]; then
        printf 'differs\t%s\t%s\tmode\n' "${of[i]}" "${paths[i]}"
      fi
    done
  fi
  i=0
  # In the order in which they were asked for, with an empty line between two.
  while IFS='=' read -r key value; do
    if [ -n "$key" ]; then printf 'systemd\t%s\t%s\t%s\n' "${services[i]}" "$key" "$value"; else i=$((i + 1)); fi
  done < <(systemctl show --timestamp=unix -p LoadState,ActiveState,SubState,Result,Type,NRestarts,StateChangeTimestamp -- "${services[@]}")
}

health() {
  local each check
  for each in "${services[@]}"; do
    check=$state/units/$each/healthy/health
    if [ -f "$check" ]; then ask "$each" "$check" & else printf 'health-unknown\t%s\n' "$each"; fi
  done
  wait
}
ask() { # SERVICE FILE
  local word words=() said
  while IFS= read -r word; do words+=("$(decode "$word")"); done <"$2"
  if said=$(timeout "$seconds" "${words[@]}" 2>&1 >/dev/null </dev/null); then
    printf 'healthy\t%s\n' "$1"
  else
    printf 'ill\t%s\t%s\n' "$1" "$(tail -n 1 <<<"$said" | tr '\t' ' ' | cut -c1-200)"
  fi
}

jobs_() {
  local each directories
  for each in "${services[@]}"; do
    case $each in homelab-backup-*.timer) each=${each#homelab-backup-} && printf 'timer\t%s\t%s\n' "${each%.timer}" "$(stat -c %Y -- "$state/units/homelab-backup-$each/files")" ;; esac
  done
  directories=$(sed -n 's/^METRICS_DIRECTORY=//p' /etc/homelab/*/config 2>/dev/null | sort -u || true)
  while IFS= read -r each; do
    [ -n "$each" ] || continue
    cat -- "$each"/homelab_*.prom 2>/dev/null | sed -n 's/^\(homelab_[^ ]*\) \([-+.0-9eE]*\)$/metric\t\1\t\2/p' || true
  done <<<"$directories"
}

pair() {
  [ -e /etc/homelab/postgres/conf/standing.sh ] || return 0
  timeout "$seconds" podman exec -i --user postgres postgres bash /etc/postgresql/standing.sh 2>/dev/null </dev/null | sed 's/^/pair\t/'
}

cluster() {
  local program
  program=$(systemctl show -p ExecStart --value k3s.service 2>/dev/null | sed -n 's/.*path=\([^ ]*\) .*/\1/p')
  if [ ! -x "$program" ] || ! systemctl --quiet is-active k3s.service; then return 0; fi
  timeout "$seconds" "$program" kubectl --request-timeout="${seconds}s" get nodes -o \
    'jsonpath={range .items[*]}member{"\t"}{.metadata.name}{"\t"}{.status.conditions[?(@.type=="Ready")].status}{"\t"}{.spec.unschedulable}{"\n"}{end}' </dev/null
}

printf 'now\t%s\n' "$EPOCHSECONDS"
section power power_facts
section units units
section health health
section jobs jobs_
section pair pair
section cluster cluster
wait
