#!/bin/bash
# Puts a unit in place: stage, verify, write everything beside its place, rename it over, restart or reload what changed,
# wait until it is healthy and stays so, and keep its files; go back to those kept last when it is not. All that needs
# room on a disk is written before anything is changed: the way there and the way back only rename. May be stopped
# anywhere and run again: while `applied` is missing the next run does the rest. Input: see ../unit/spec.ts.
source head.sh
source unit-lib.sh
source undo-lib.sh
source unit-files-lib.sh
source unit-quadlets-lib.sh
source unit-start-lib.sh
service='' run_hash='' reload_hash='' check_says='' timeout=60 settle=3 confirm='' complete='' health=() health_words=() reload=() mend=() added=() keeps=() removal=()
declare -a paths=() modes=() owners=() effects=() directories=()
stamp=$(date -u +%Y%m%dT%H%M%SZ)
stage=$(mktemp -d) || fail 22 "$(df --output=target -- "${TMPDIR:-/tmp}" | tail -n 1) has no room left: nothing was changed."
next='' locked=''
former=()
sweep() { # What was written for a way that was not taken; also what a run left that was killed.
  local path
  { printf '%s\n' "${paths[@]}" "${former[@]}" && cat "$kept/files" 2>/dev/null; } | while IFS= read -r path; do
    if [ -n "$path" ]; then rm -rf -- "$(beside "$path" new)" "$(beside "$path" former)"; fi
  done || true
  rm -f -- "$kept"/*.new "$kept"/*.former "$kept"/files.both "$kept"/keeps.all "$state"/mounts/*."$service"
}
# shellcheck disable=SC2317 # run by the trap
tidy() {
  rm -rf -- "$stage"
  [ -n "$locked" ] || return 0
  sweep
  if [ -n "$next" ]; then rm -rf -- "$next"; fi
}
trap tidy EXIT
while IFS=$'\t' read -r key a b c d e; do
  case $key in
  service) of_unit "$a" ;;
  hashes) run_hash=$a reload_hash=$b ;;
  timeout) timeout=$a ;;
  settle) settle=$a ;;
  directory) directories+=("$a"$'\t'"$b"$'\t'"$c") ;;
  file)
    said=$({ decode "$e" >"$stage/${#paths[@]}"; } 2>&1) || cannot_write "$stage/file" "$said"
    modes+=("$a") owners+=("$b") effects+=("$c") paths+=("$d")
    ;;
  keeps) keeps+=("$a") ;;
  confirm) confirm=$a ;;
  on-removal) removal+=("$(decode "$a")") ;;
  health) health+=("$(decode "$a")") health_words+=("$a") ;;
  reload) reload+=("$(decode "$a")") ;;
  mend) mend+=("$(decode "$a")") ;;
  set-aside) added+=("$a") ;;
  end) complete=yes ;;
  *) fail 30 "Unknown line '$key' in the description of $service." ;;
  esac
done
if [ -z "$complete" ] || [ -z "$service" ]; then fail 30 'The description of the unit arrived cut short.'; fi

said=$(install -d -m 700 "$state" "$state/units" "$state/keeps" "$kept" 2>&1) || cannot_write "$kept/lock" "$said"
if [ -n "$confirm" ]; then undo_pending "$service"; fi
exec 9>"$kept/lock"
flock -w 300 9 || fail 31 "Another run is still working on $service: wait for it, then run this again."
locked=yes
sweep

# shellcheck disable=SC2317,SC2154 # run by what undo_arm writes
undo_unit_change() {
  local path saved
  exec 9>"$kept/lock"
  flock -w 300 9
  rm -f -- "$kept/applied"
  if [ ! -d "$dir/healthy" ]; then
    systemctl stop -- "$name"
    systemctl --quiet disable -- "$name" 2>/dev/null || true
    # Of the unit's own files, so before they go.
    if [ ${#removal[@]} -gt 0 ]; then "${removal[@]}" || true; fi
  fi
  while IFS= read -r path; do
    if ! cat "$dir"/healthy/*.path 2>/dev/null | grep -qxF -- "$path"; then rm -f -- "$path"; fi
  done <"$dir/paths"
  for saved in "$dir"/healthy/*.path; do
    [ -f "$saved" ] || continue
    path=$(cat "$saved")
    mkdir -p -- "${path%/*}"
    cp -p -- "${saved%.path}.file" "${path%/*}/.${path##*/}.undo" && settle "${path%/*}/.${path##*/}.undo" "$path"
  done
  systemctl daemon-reload
  if [ -d "$dir/healthy" ]; then
    rm -rf -- "$kept/files-undone"
    cp -rpT -- "$dir/healthy" "$kept/files-undone"
    ln -sfn -- files-undone "$kept/healthy.new" && mv -T -- "$kept/healthy.new" "$kept/healthy"
    systemctl restart -- "$name"
  fi
}

if [ "$(shown LoadState)" = masked ]; then
  fail 21 "it is masked, so that nothing can start it ($(shown FragmentPath) is a link to /dev/null): run \`systemctl unmask $service\` there, then this again."
fi
moved=$(moved_data "${keeps[@]}")
if [[ $moved == *unmounted$'\t'* ]]; then
  fail 21 "$(sed -n 's/^unmounted\t[^\t]*\t//p' <<<"$moved" | head -n 1)"
fi
if [ -n "$moved" ]; then
  printf '%s\n' "$moved"
  exit 23
fi
for path in "${keeps[@]}"; do
  if why=$(unmounted "$path"); then fail 21 "$why"; fi
done
verify_quadlets

before='' had=''
if [ -f "$kept/applied" ]; then before=$(cat "$kept/applied"); fi
if [ -e "$kept/healthy" ]; then had=yes; fi

# Somebody else's: files at our paths, a unit that systemd finds before ours, drop-ins. All of it is set aside whole.
others=()
for path in "${paths[@]}"; do if foreign "$path"; then others+=("$path"); fi; done
shadow=/etc/systemd/system/$service
case " ${paths[*]} " in *" $shadow "*) ;; *) if foreign "$shadow"; then others+=("$shadow"); fi ;; esac
others+=("${added[@]}")
aside_of() { case " ${others[*]} " in *" $1 "*) ;; *) return 1 ;; esac; }

changed=() unit_changed=''
for i in "${!paths[@]}"; do
  if like "$stage/$i" "${modes[i]}" "${owners[i]}" "${paths[i]}" && ! aside_of "${paths[i]}"; then continue; fi
  changed+=("$i")
  if is_unit_file "${paths[i]}"; then unit_changed=yes; fi
done
obsolete=()
if [ -f "$kept/files" ]; then
  while IFS= read -r old; do
    for path in "${paths[@]}"; do [ "$path" != "$old" ] || continue 2; done
    if is_unit_file "$old"; then unit_changed=yes; fi
    if foreign "$old"; then others+=("$old"); elif there "$old"; then obsolete+=("$old"); fi
  done <"$kept/files"
fi

# Everything that needs room. Whatever of it fails, nothing has changed.
for each in "$kept"/files-*; do
  if [ -d "$each" ] && [ ! "$each" -ef "$kept/healthy" ]; then rm -rf -- "$each"; fi
done
for each in "${directories[@]}"; do
  IFS=$'\t' read -r a b c <<<"$each"
  [ -d "$c" ] || said=$(install -d -m "$a" -o "${b%%:*}" -g "${b##*:}" -- "$c" 2>&1) || cannot_write "$c" "$said"
done
for i in "${changed[@]}"; do
  make_room_for "${paths[i]}"
  write "$stage/$i" "$(beside "${paths[i]}" new)" "${modes[i]}" "${owners[i]}"
done
# The way back: what was healthy last, unless it stays as it is. A second name for it takes no room.
for saved in "$kept"/healthy/*.path; do
  [ -f "$saved" ] || continue
  path=$(cat "$saved") file=${saved%.path}.file
  for i in "${!paths[@]}"; do
    if [ "${paths[i]}" = "$path" ] && like "$stage/$i" "$(mode_of "$file")" "$(owner_of "$file")" "$file" &&
      like "$file" "${modes[i]}" "${owners[i]}" "$file"; then continue 2; fi
  done
  way_back=$(beside "$path" former)
  if ! like "$file" "$(mode_of "$file")" "$(owner_of "$file")" "$path" || ! ln -T -- "$path" "$way_back" 2>/dev/null; then
    make_room_for "$path"
    write "$file" "$way_back" "$(mode_of "$file")" "$(owner_of "$file")"
  fi
  former+=("$path")
done
next=$(mktemp -d -- "$kept/files-XXXXXX" 2>&1) || { said=$next next='' && cannot_write "$kept/files" "$said"; }
printf '%s %s\n' "$run_hash" "$reload_hash" >"$stage/applied"
write "$stage/applied" "$next/applied" 0644 root:root
# For `homelab status`, which knows no stack.
printf '%s\n' "${health_words[@]}" >"$stage/health"
write "$stage/health" "$next/health" 0600 root:root
for i in "${!paths[@]}"; do
  write "$stage/$i" "$next/$i.file" "${modes[i]}" "${owners[i]}"
  printf '%s\n' "${paths[i]}" >"$stage/path"
  write "$stage/path" "$next/$i.path" 0644 root:root
done
said=$(ln -sfn -- "${next##*/}" "$kept/healthy.new" 2>&1) || cannot_write "$kept/healthy.new" "$said"
note applied.new <"$stage/applied"
printf '%s\n' "${paths[@]}" | note files.new
# Until the end the old files are remembered too, should this run be stopped.
printf '%s\n' "${paths[@]}" | sort -u - "$([ -f "$kept/files" ] && echo "$kept/files" || echo /dev/null)" | note files.both
{
  for i in "${!paths[@]}"; do printf '%s %s\n' "$(sum_of "$stage/$i")" "${paths[i]}"; done
  if [ -f "$kept/written" ]; then cat "$kept/written"; else
    while IFS= read -r path; do if written_here "$path"; then printf '%s %s\n' "$(sum_of "$path")" "$path"; fi; done 2>/dev/null <"$kept/files" || true
  fi
  for saved in "$kept"/healthy/*.path; do
    if [ -f "$saved" ]; then printf '%s %s\n' "$(sum_of "${saved%.path}.file")" "$(cat "$saved")"; fi
  done
} | sort -u | note written.new
if [ -n "$had" ]; then
  note applied.former <"$kept/healthy/applied"
  cat "$kept"/healthy/*.path | note files.former
fi
# Outlives the unit, so that whoever removes it can find its data again; also where it was kept before.
if [ ${#keeps[@]} -gt 0 ] || [ -f "$kept/keeps" ]; then
  printf '%s\n' "${keeps[@]}" | note keeps.new
  { cat "$state/keeps/$service" 2>/dev/null || true; } |
    while IFS= read -r path; do
      case " ${keeps[*]} " in *" $path "*) continue ;; esac
      if [ -n "$(entries "$path")" ]; then printf '%s\n' "$path"; fi
    done | cat - "$kept/keeps.new" | note keeps.all
  settle "$kept/keeps.all" "$state/keeps/$service"
fi
for path in "${keeps[@]}"; do
  mount_of "$path" >"$stage/mount"
  if cmp -s "$stage/mount" "$(mount_note "$path")"; then continue; fi
  make_room_for "$(mount_note "$path")"
  write "$stage/mount" "$(mount_note "$path").$service" 0644 root:root
done
if [ ${#keeps[@]} -gt 0 ]; then
  guard_text >"$stage/guard"
  if ! cmp -s "$stage/guard" "$guard"; then
    write "$stage/guard" "$guard.$service" 0755 root:root
    settle "$guard.$service" "$guard"
  fi
fi
for each in $(services_of "${paths[@]}"); do
  drop_in=$(drop_in_of "$each")
  if [ ${#keeps[@]} -gt 0 ]; then
    drop_in_text "$each" "${keeps[@]}" >"$stage/drop-in"
    if like "$stage/drop-in" 0644 root:root "$drop_in"; then continue; fi
    make_room_for "$drop_in"
    write "$stage/drop-in" "$drop_in.new" 0644 root:root
    settle "$drop_in.new" "$drop_in"
  else
    [ -e "$drop_in" ] || continue
    rm -f -- "$drop_in"
  fi
  unit_changed=yes
done
sync -f "$kept"

# What is changed from here on is put back by the node itself, unless a new connection confirms it.
if [ -n "$confirm" ]; then
  undo_begin "$service"
  undo=$(undo_of "$service")
  if [ -n "$had" ]; then said=$(cp -rpT -- "$(readlink -f -- "$kept/healthy")" "$undo/healthy" 2>&1) || cannot_write "$undo/healthy" "$said"; fi
  printf '%s\n' "${paths[@]}" >"$undo/paths"
  {
    printf 'kept=%q\nremoval=(%s)\n' "$kept" "${removal[*]@Q}"
    declare -f undo_unit_change
    printf 'undo_unit_change\n'
  } | undo_arm "$service" "$((confirm + 3 * timeout))"
fi

# From here on nothing needs room but what is set aside on another disk; that comes first.
if [ ${#others[@]} -gt 0 ] && [ -z "$had" ] && [ ! -e "$kept/theirs" ]; then
  printf '%s %s\n' "$(shown ActiveState)" "$(systemctl is-enabled -- "$service" 2>/dev/null || true)" | note theirs.new
  mv -T -- "$kept/theirs.new" "$kept/theirs"
  # By its own rules, as long as they are there.
  timeout 150 systemctl stop -- "$service" 2>/dev/null || true
fi
theirs_again() { # What was there before this program's own, as it was.
  local was enabled
  put_back
  systemctl daemon-reload
  [ -f "$kept/theirs" ] || return 1
  read -r was enabled <"$kept/theirs"
  if [ "$enabled" = enabled ]; then systemctl --quiet enable -- "$service" 2>/dev/null || true; fi
  if [ "$was" = active ]; then systemctl restart -- "$service" 2>/dev/null || true; fi
  rm -f -- "$kept/theirs"
}
for other in "${others[@]}"; do
  if ! there "$other"; then continue; fi
  if ! said=$(aside "$other" 2>&1); then
    theirs_again >/dev/null || true
    cannot_write "$asides$other" "$said"
  fi
  printf '%s\n' "$said"
  if is_unit_file "$other"; then unit_changed=yes; fi
done
rm -f -- "$kept/applied"
settle "$kept/written.new" "$kept/written"
settle "$kept/files.both" "$kept/files"
for i in "${changed[@]}"; do
  settle "$(beside "${paths[i]}" new)" "${paths[i]}"
  printf 'changed\t%s\n' "${paths[i]}"
done
for old in "${obsolete[@]}"; do rm -f -- "$old" && printf 'removed\t%s\n' "$old"; done
# Also where a run was stopped after it had put the files there and before systemd had read them.
if [ -n "$unit_changed" ] || [ -z "$before" ] || [ "$(shown NeedDaemonReload)" = yes ]; then systemctl daemon-reload; fi
ok=yes action=kept patience=$timeout
if other=$(not_ours); then
  ok='' words="systemd takes it from $other, which this program did not write"
elif ! enable; then
  ok=''
fi

# The hashes say what was last running; the changed files, what somebody changed since.
if [ "${before##* }" != "$reload_hash" ]; then action=reloaded; fi
for i in "${changed[@]}"; do
  case ${effects[i]} in
  restart) action=restarted ;;
  reload) if [ "$action" = kept ]; then action=reloaded; fi ;;
  esac
done
if [ "${before%% *}" != "$run_hash" ] || [ ${#others[@]} -gt 0 ]; then action=restarted; fi
if [ "$(shown ActiveState)" != active ]; then action=restarted; fi
# What makes it ill now is no fault of what is new, and may need no restart.
if [ -n "$ok" ] && [ "$action" != restarted ] && ! healthy_now; then
  if [ ${#mend[@]} -eq 0 ] || ! telling timeout 60 "${mend[@]}" || ! healthy_now; then
    if [ "$action" = kept ]; then action=restarted; fi
  elif [ "$action" = kept ]; then
    action=mended
  fi
fi
if [ -n "$ok" ]; then
  case $action in
  restarted)
    if [ "$(shown ActiveState)" != active ]; then
      for path in "${paths[@]}"; do
        case $path in *.container) while IFS= read -r name; do aside_container "$name"; done < <(sed -n 's/^ContainerName=//p' "$path") ;; esac
      done
    fi
    restart || ok=''
    ;;
  reloaded)
    # It runs already: what it does not take by now it will not take.
    if [ "$patience" -gt 20 ]; then patience=20; fi
    reload_it || ok=''
    ;;
  kept | mended) settle=0 ;;
  esac
fi
if [ -n "$ok" ]; then printf 'waited\t%s\n' "$patience"; fi
if [ -n "$ok" ] && wait_healthy "$patience"; then
  mv -T -- "$kept/healthy.new" "$kept/healthy"
  next=''
  settle "$kept/files.new" "$kept/files"
  if [ -f "$kept/keeps.new" ]; then settle "$kept/keeps.new" "$kept/keeps"; fi
  for path in "${keeps[@]}"; do
    if [ -f "$(mount_note "$path").$service" ]; then settle "$(mount_note "$path").$service" "$(mount_note "$path")"; fi
  done
  rm -f -- "$kept/displaced" "$kept/theirs"
  for each in "$kept"/files-*; do if [ ! "$each" -ef "$kept/healthy" ]; then rm -rf -- "$each"; fi; done
  # What systemd and podman wrote meanwhile is to be found again as well.
  sync -f "$kept" /etc/systemd/system
  settle "$kept/applied.new" "$kept/applied"
  printf 'did\t%s\n' "$action"
  if [ -n "$confirm" ]; then undo_again "$service" "$confirm"; fi
  exit 0
fi

# Not healthy: say why, then put the predecessor back; whatever fails on the way, the rest of it is done.
set +e
# Put back is what was, by this run.
if [ -n "$confirm" ]; then undo_forget "$service"; fi
if [ -z "$ok" ]; then
  while IFS= read -r line; do printf 'words\t%s\n' "$line"; done <<<"$words"
elif [ -n "$check_says" ]; then
  tail -n 5 <<<"$check_says" | while IFS= read -r line; do printf 'check\t%s\n' "$line"; done
fi
printf 'state\t%s\n' "$(systemctl show -p ActiveState,SubState,Result --value -- "$service" | paste -sd' ')"
if [ -z "$ok" ] && [ "$(shown ActiveState)" = inactive ]; then lines=0; else lines=15; fi
# What podman and conmon say of each health check would leave no room for what the service says.
journalctl -u "$service" -n $((20 * lines)) --no-pager -o cat 2>/dev/null |
  grep -vE '^(conmon [0-9a-f]+ <|[0-9-]+ [0-9:.]+ [+-][0-9]+ [A-Z]+ m=)' | tail -n "$lines" | while IFS= read -r line; do printf 'journal\t%s\n' "$line"; done
full_disks /etc "$state" "${keeps[@]}"
if [ -z "$had" ]; then
  systemctl stop -- "$service" 2>/dev/null || true
  if plain; then systemctl --quiet disable -- "$service" 2>/dev/null || true; fi
fi
for path in "${former[@]}"; do settle "$(beside "$path" former)" "$path"; done
for path in "${paths[@]}"; do
  if [ -n "$had" ] && grep -qxF -- "$path" "$kept/files.former"; then continue; fi
  if written_here "$path"; then rm -f -- "$path"; fi
done
if [ -z "$had" ]; then
  if theirs_again; then printf 'predecessor\ttheirs\t%s\n' "$(shown ActiveState)"; else printf 'predecessor\tnone\n'; fi
  rm -f -- "$kept/files" "$kept/keeps"
  exit 20
fi
# What stood where only the new version has a file comes back; what changed the predecessor by hand does not.
if [ -f "$kept/displaced" ]; then
  while IFS=$'\t' read -r kind to from running; do
    case " ${paths[*]} " in *" $from "*) ;; *) continue ;; esac
    if ! grep -qxF -- "$from" "$kept/files.former"; then printf '%s\t%s\t%s\t%s\n' "$kind" "$to" "$from" "$running"; fi
  done <"$kept/displaced" >"$stage/displaced"
  put_back "$stage/displaced"
  rm -f -- "$kept/displaced"
fi
systemctl daemon-reload
settle "$kept/files.former" "$kept/files"
enable || true
back=yes
if [ "$action" = reloaded ] && [ "$(shown ActiveState)" = active ]; then
  reload_it || true
else
  restart || back=''
fi
if [ -n "$back" ] && wait_healthy "$timeout"; then
  settle "$kept/applied.former" "$kept/applied"
  printf 'predecessor\tback\n'
else
  if [ -z "$back" ]; then while IFS= read -r line; do printf 'words\t%s\n' "$line"; done <<<"$words"; fi
  printf 'predecessor\tunhealthy\n'
fi
exit 20
