#!/bin/bash
# firewall.sh load|check|watch|remove RULES: the table `inet homelab`. `load` puts the rules of the file RULES in force, at
# once. `check` ends well when they are in force, and nobody took them away or changed them since the last load. `watch`
# puts them back whenever somebody does: nftables.service clears all tables when it restarts or reloads, and so does
# `nft flush ruleset`. `remove` takes the table away.
set -euo pipefail
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
verb=$1 rules=${2:-}
state=/run/homelab-firewall
mkdir -p "$state"

# Stateless: counters go up by themselves.
there() { nft --stateless list table inet homelab 2>/dev/null; }

# The watch must not take a load that is half done for somebody's change.
locked() {
  exec 9>"$state/lock"
  flock -w 10 9
}
# enforce: the rules, as one transaction; and what the kernel makes of them, to compare with.
enforce() {
  nft -f "$rules"
  there >"$state/loaded.new"
  mv -T "$state/loaded.new" "$state/loaded"
}
in_force() { [ -s "$state/loaded" ] && there | cmp -s - "$state/loaded"; }

put_back() { # one look
  local was=changed
  locked
  if ! in_force; then
    there >/dev/null || was=gone
    # Said before it is put right: who looks in between, or after a crash, must not find all well.
    printf '%s %s\n' "$(date --iso-8601=seconds)" "$was" >>"$state/put-back"
    enforce
    echo "The table inet homelab was $was: it is there again." >&2
  fi
  exec 9>&-
}

case $verb in
load)
  locked
  enforce
  rm -f "$state/put-back"
  ;;
check)
  if [ -s "$state/put-back" ]; then
    echo "The rules were taken away or changed by hand, and put back: $(tail -n 1 "$state/put-back")" >&2
    exit 1
  fi
  locked
  in_force
  ;;
watch)
  # Whatever the kernel tells of is a reason to look; and every half minute without one, for its messages can be lost.
  exec {changes}< <(exec nft monitor)
  monitor=$!
  trap 'kill "$monitor" 2>/dev/null || true' EXIT
  trap 'exit 0' TERM
  while :; do
    put_back
    code=0
    read -r -t 30 _ <&"$changes" || code=$?
    # 1: the monitor has ended, and this begins again. More than 128: the time is over.
    [ "$code" -ne 1 ] || exit 1
    # One change is many lines.
    while read -r -t 0.02 _ <&"$changes"; do :; done
  done
  ;;
remove)
  nft delete table inet homelab 2>/dev/null || true
  rm -rf "$state"
  ;;
*)
  echo "firewall.sh: load, check, watch or remove" >&2
  exit 2
  ;;
esac
