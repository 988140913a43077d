#!/bin/bash
# Puts a unit in place: stage, verify, install, restart or reload what changed, wait until it is healthy, and keep its
# files; go back to those kept last when it is not. May be stopped anywhere and run again: while `applied` is missing
# the next run does the rest. Input: see ../unit/spec.ts.
source head.sh
service='' run_hash='' reload_hash='' timeout=60 complete='' health=() reload=() foreign=() keeps=()
declare -a paths=() modes=() owners=() effects=()
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
while IFS=$'\t' read -r key a b c d e; do
  case $key in
  service) service=$a ;;
  hashes) run_hash=$a reload_hash=$b ;;
  timeout) timeout=$a ;;
  directory) [ -d "$c" ] || install -d -m "$a" -o "${b%%:*}" -g "${b##*:}" -- "$c" ;;
  file)
    decode "$e" >"$stage/${#paths[@]}"
    modes+=("$a") owners+=("$b") effects+=("$c") paths+=("$d")
    ;;
  keeps) keeps+=("$a") ;;
  health) health+=("$(decode "$a")") ;;
  reload) reload+=("$(decode "$a")") ;;
  set-aside) foreign+=("$a") ;;
  end) complete=yes ;;
  *) fail 30 "Unknown line '$key' in the description of $service." ;;
  esac
done
if [ -z "$complete" ] || [ -z "$service" ]; then fail 30 'The description of the unit arrived cut short.'; fi

kept=$state/units/$service
install -d -m 700 "$state" "$state/units" "$state/keeps" "$kept"
exec 9>"$kept/lock"
flock -w 300 9 || fail 31 "Another run is still working on $service: wait for it, then run this again."

# Outlives the unit, so that whoever removes it can find its data again.
if [ ${#keeps[@]} -gt 0 ]; then
  printf '%s\n' "${keeps[@]}" >"$state/keeps/.$service.new"
  settle "$state/keeps/.$service.new" "$state/keeps/$service"
fi

is_unit_file() { case $1 in /etc/containers/systemd/* | /etc/systemd/system/*) ;; *) return 1 ;; esac; }
same() { # FILE MODE OWNER PATH: is it there as wanted?
  [ -f "$4" ] && [ ! -L "$4" ] && cmp -s "$1" "$4" &&
    [ "$(stat -c '%04a' -- "$4")" = "$2" ] &&
    case "$(stat -c ' %u:%g %U:%G ' -- "$4")" in *" $3 "*) ;; *) return 1 ;; esac
}
put() { # FILE MODE OWNER PATH: all or nothing, also when the power goes
  local temp
  install -d -m 755 -- "${4%/*}"
  temp=$(mktemp -- "${4%/*}/.homelab.XXXXXX")
  cat "$1" >"$temp"
  chmod "$2" "$temp" && chown "$3" "$temp" && settle "$temp" "$4"
}
verify_quadlets() { # The generator drops a unit with an unknown key and may exit 0: its words decide.
  local i said generator=/usr/lib/systemd/system-generators/podman-system-generator names=()
  mkdir "$stage/quadlets"
  if [ -d /etc/containers/systemd ]; then cp -rT /etc/containers/systemd "$stage/quadlets"; fi
  for i in "${!paths[@]}"; do
    case ${paths[i]} in /etc/containers/systemd/*) cp "$stage/$i" "$stage/quadlets/${paths[i]##*/}" && names+=(-e "[\"/]${paths[i]##*/}\"") ;; esac
  done
  [ ${#names[@]} -gt 0 ] || return 0
  [ -x "$generator" ] || fail 21 "podman on this node has no quadlet generator: install podman 4.4 or later."
  # It reads all quadlets, for one may name another, and complains of any: what is wrong with one of somebody else does
  # not count, unless this one is not made for it.
  said=$(QUADLET_UNIT_DIRS=$stage/quadlets "$generator" --dryrun 2>&1 >"$stage/generated" || true)
  said=$(grep -iE 'unsupported|error|invalid|unknown|convert' <<<"$said" || true)
  ! grep -q "${names[@]}" <<<"$said" || fail 21 "The quadlet of $service is not valid: $(grep "${names[@]}" <<<"$said")"
  grep -qxF -- "---${service}---" "$stage/generated" || fail 21 "podman makes no unit $service of its quadlet. ${said//$stage\/quadlets/\/etc\/containers\/systemd}"
}
wait_healthy() { # SECONDS
  local restarts until=$((SECONDS + $1))
  while :; do
    case $(systemctl show -p ActiveState --value -- "$service") in
    active) if timeout 10 "${health[@]}" >/dev/null 2>&1; then return 0; fi ;;
    failed) return 1 ;;
    esac
    # Something that cannot start is restarted over and over: four times is an answer. (Timers and sockets never are.)
    restarts=$(systemctl show -p NRestarts --value -- "$service")
    [ "${restarts:-0}" -lt 4 ] || return 1
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.2
  done
}
restart() {
  systemctl reset-failed -- "$service" 2>/dev/null || true
  timeout "$((timeout + 60))" systemctl restart -- "$service"
}
reload_it() { if [ ${#reload[@]} -gt 0 ]; then "${reload[@]}" >&2; else systemctl reload -- "$service"; fi; }
enable() { # A quadlet's unit is generated and enables itself; a plain one must be told.
  if [ -f "/etc/systemd/system/$service" ]; then systemctl --quiet enable -- "$service"; fi
}

remember() { # What was declared and is healthy is what a failure goes back to, whatever somebody does to it by hand.
  local i next
  next=$(mktemp -d -- "$kept/files-XXXXXX")
  printf '%s %s\n' "$run_hash" "$reload_hash" >"$next/applied"
  for i in "${!paths[@]}"; do
    install -m "${modes[i]}" -o "${owners[i]%%:*}" -g "${owners[i]##*:}" -- "$stage/$i" "$next/$i.file"
    printf '%s\n' "${paths[i]}" >"$next/$i.path"
  done
  sync -f "$next"
  ln -sfn -- "${next##*/}" "$kept/healthy.new"
  mv -T -- "$kept/healthy.new" "$kept/healthy"
  for i in "$kept"/files-*; do [ "$i" = "$next" ] || rm -rf -- "$i"; done
}

before=''
if [ -f "$kept/applied" ]; then before=$(cat "$kept/applied"); fi
verify_quadlets

changed=() unit_changed=''
for i in "${!paths[@]}"; do
  same "$stage/$i" "${modes[i]}" "${owners[i]}" "${paths[i]}" && continue
  changed+=("$i")
  if is_unit_file "${paths[i]}"; then unit_changed=yes; fi
done
obsolete=()
if [ -f "$kept/files" ]; then
  while IFS= read -r old; do
    for path in "${paths[@]}"; do [ "$path" != "$old" ] || continue 2; done
    if [ -e "$old" ]; then obsolete+=("$old"); fi
    if is_unit_file "$old"; then unit_changed=yes; fi
  done <"$kept/files"
fi

rm -f "$kept/applied"
printf '%s\n' "${paths[@]}" >"$kept/files.new"

# Until the end the old files are remembered too, should this run be stopped.
sort -u -- "$kept"/files "$kept/files.new" 2>/dev/null >"$kept/files.both" || cp "$kept/files.new" "$kept/files.both"
settle "$kept/files.both" "$kept/files"
for i in "${changed[@]}"; do
  put "$stage/$i" "${modes[i]}" "${owners[i]}" "${paths[i]}"
  printf 'changed\t%s\n' "${paths[i]}"
done
for old in "${obsolete[@]}"; do rm -f -- "$old" && printf 'removed\t%s\n' "$old"; done
for other in "${foreign[@]}"; do
  install -d -m 700 "$kept/set-aside"
  mv -- "$other" "$kept/set-aside/${other##*/}.$(date +%s)" && unit_changed=yes && printf 'set-aside\t%s\n' "$other"
done
if [ -n "$unit_changed" ] || [ "$(systemctl show -p NeedDaemonReload --value -- "$service")" = yes ]; then systemctl daemon-reload; fi
enable

# The hashes say what was last running; the changed files, what somebody changed since.
action=kept
if [ "${before##* }" != "$reload_hash" ]; then action=reloaded; fi
for i in "${changed[@]}"; do
  case ${effects[i]} in
  restart) action=restarted ;;
  reload) if [ "$action" = kept ]; then action=reloaded; fi ;;
  esac
done
if [ "${before%% *}" != "$run_hash" ] || [ ${#foreign[@]} -gt 0 ]; then action=restarted; fi
if [ "$(systemctl show -p ActiveState --value -- "$service")" != active ]; then action=restarted; fi
if [ "$action" = kept ] && ! timeout 10 "${health[@]}" >/dev/null 2>&1; then action=restarted; fi
ok=yes patience=$timeout
case $action in
restarted) restart || ok='' ;;
reloaded)
  # It runs already: what it does not take by now it will not take.
  if [ "$patience" -gt 20 ]; then patience=20; fi
  reload_it || ok=''
  ;;
esac
if [ -n "$ok" ] && wait_healthy "$patience"; then
  remember
  settle "$kept/files.new" "$kept/files"
  cp "$kept/healthy/applied" "$kept/applied.new"
  # What systemd and podman wrote meanwhile is to be found again as well.
  sync -f "$kept" /etc/systemd/system
  settle "$kept/applied.new" "$kept/applied"
  printf 'did\t%s\n' "$action"
  exit 0
fi

# Not healthy: say why, then put the predecessor back.
printf 'waited\t%s\n' "$patience"
printf 'state\t%s\n' "$(systemctl show -p ActiveState,SubState,Result --value -- "$service" | paste -sd' ')"
journalctl -u "$service" -n 15 --no-pager -o cat 2>/dev/null | while IFS= read -r line; do printf 'journal\t%s\n' "$line"; done
for i in "${changed[@]}"; do rm -f -- "${paths[i]}"; done
had=''
for saved in "$kept"/healthy/*.path; do
  [ -e "$saved" ] || continue
  file=${saved%.path}.file
  put "$file" "$(stat -c '%04a' "$file")" "$(stat -c '%u:%g' "$file")" "$(cat "$saved")"
  had=yes
done
systemctl daemon-reload
if [ -z "$had" ]; then
  systemctl stop -- "$service" 2>/dev/null || true
  rm -f "$kept/files" "$kept/files.new"
  printf 'predecessor\tnone\n'
  exit 20
fi
cat "$kept"/healthy/*.path >"$kept/files.both"
settle "$kept/files.both" "$kept/files"
enable
if [ "$action" = reloaded ] && [ "$(systemctl show -p ActiveState --value -- "$service")" = active ]; then
  reload_it || true
else
  restart || true
fi
if wait_healthy "$timeout"; then
  cp "$kept/healthy/applied" "$kept/applied.new"
  settle "$kept/applied.new" "$kept/applied"
  rm -f "$kept/files.new"
  printf 'predecessor\tback\n'
else
  printf 'predecessor\tunhealthy\n'
fi
exit 20
