#!/bin/bash
# How unit-apply.sh starts a unit, and when it is healthy. Put in the place of its `source` line.
# shellcheck disable=SC2154,SC2034 # service, paths, health, reload, settle, timeout and check_says are the script's
shown() { systemctl show -p "$1" --value -- "$service"; }
healthy_now() { check_says=$(timeout 10 "${health[@]}" 2>&1); }
start_of_it() { systemctl show -p InvocationID,NRestarts --value -- "$service"; }
stays() { # Once healthy, for as long as a start can still fail: another program may have answered in its place.
  local of until=$((SECONDS + settle))
  case $service in *.service) ;; *) return 0 ;; esac
  [ "$(shown Type)" != oneshot ] || return 0
  of=$(start_of_it)
  while [ "$SECONDS" -lt "$until" ]; do
    sleep 0.5
    [ "$(shown ActiveState)" = active ] && [ "$(start_of_it)" = "$of" ] || return 1
  done
  healthy_now
}
wait_healthy() { # SECONDS
  local restarts ended=0 until=$((SECONDS + $1))
  while :; do
    case $(shown ActiveState) in
    active)
      ended=0
      if healthy_now && stays; then return 0; fi
      ;;
    failed) return 1 ;;
    inactive)
      # It was started and has ended: nothing starts it any more.
      ended=$((ended + 1))
      [ "$ended" -lt 5 ] || return 1
      ;;
    esac
    # Something that cannot start is restarted over and over: four times is an answer. (Timers and sockets never are.)
    restarts=$(shown NRestarts)
    [ "${restarts:-0}" -lt 4 ] || return 1
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.2
  done
}
words='' # of a systemctl that refused
telling() { # CMD…: keeps its words
  local code=0
  words=$("$@" 2>&1) || code=$?
  words=$(sed -e '/^See .* for details\.$/d' -e 's/See .* for details\.$//' <<<"$words")
  return "$code"
}
restart() {
  systemctl reset-failed -- "$service" 2>/dev/null || true
  telling timeout "$((timeout + 60))" systemctl restart -- "$service"
}
reload_it() { if [ ${#reload[@]} -gt 0 ]; then telling "${reload[@]}"; else telling systemctl reload -- "$service"; fi; }
plain() { [ -f "/etc/systemd/system/$service" ]; }
enable() { # A quadlet's unit is generated and enables itself; a plain one must be told.
  if plain; then telling systemctl --quiet enable -- "$service"; fi
}
not_ours() { # systemd may find another unit of that name first; says where.
  local fragment source path
  fragment=$(shown FragmentPath) source=$(shown SourcePath)
  [ -n "$fragment" ] || return 1
  for path in "${paths[@]}"; do
    if [ "$path" -ef "$fragment" ] || { [ -n "$source" ] && [ "$path" -ef "$source" ]; }; then return 1; fi
  done
  printf '%s' "${source:-$fragment}"
}
