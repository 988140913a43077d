#!/bin/bash
# Looks whether this machine is used, and powers it off when it may go. Arguments: the port of sshd, percent of a processor that is nothing,
# seconds after which an idle machine goes off (0: never). What it knows is in /run: a machine that was off begins anew.
set -euo pipefail
scripts=$(dirname "${BASH_SOURCE[0]}") run=/run/homelab-power
mkdir -p "$run"
now=$(awk '{ printf "%d", $1 }' /proc/uptime)
quiet=0 due=no
if [ -f "$run/quiet-since" ]; then quiet=$((now - $(<"$run/quiet-since"))); fi
if [ -e "$run/due" ]; then due=yes; fi
IFS=$'\t' read -r use what why < <("$scripts/facts.sh" "$1" "$run/cpu" | "$scripts/verdict.sh" "$2" "$3" "$quiet" "$due") ||
  why='stays on: it could not look'
printf '%s\n' "$why" | tee "$run/verdict.new"
mv "$run/verdict.new" "$run/verdict"
if [ "${use:-}" != quiet ]; then
  rm -f "$run/quiet-since"
elif [ ! -f "$run/quiet-since" ]; then
  printf '%s\n' "$now" >"$run/quiet-since"
fi
case ${what:-} in
idle | schedule)
  printf '%s\n' "$what" >"$run/why"
  systemctl poweroff
  ;;
esac
