#!/bin/bash
# Tells storage that this machine is on, or why it goes off. Arguments: HOST PORT on|off. Never fails: who is not heard
# starts and stops all the same.
set -u
word=on tries=3
if [ "$3" = off ]; then
  # Only a machine that goes off says so: not one that starts again, nor this unit alone when it is changed.
  [ "$(systemctl is-system-running)" = stopping ] || exit 0
  ! systemctl list-jobs --no-legend 2>/dev/null | grep -qE ' (reboot|kexec|soft-reboot)\.target ' || exit 0
  word=$(cat /run/homelab-power/why 2>/dev/null || echo poweroff) tries=1
fi
for ((try = 0; try < tries; try++)); do
  # shellcheck disable=SC2016 # for the inner shell
  if timeout 3 bash -c 'printf "%s\n" "$2" >"/dev/tcp/$0/$1"' "$1" "$2" "$word" 2>/dev/null; then break; fi
  sleep 1
done
exit 0
