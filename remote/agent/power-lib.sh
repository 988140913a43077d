#!/bin/bash
# What a machine that is on knows of power; see power-look.sh. Put in the place of its `source` line before it is sent.
# shellcheck disable=SC2154 # state is head.sh's
power_facts() {
  local booted word timer name at
  booted=$(systemctl show --timestamp=unix -p UserspaceTimestamp --value)
  printf 'booted\t%s\n' "${booted#@}"
  if [ -f /run/homelab-power/verdict ]; then printf 'use\t%s\n' "$(head -n 1 /run/homelab-power/verdict)"; fi
  for word in "$state"/power/*; do
    if [ -f "$word" ]; then printf 'word\t%s\t%s\n' "${word##*/}" "$(head -n 1 "$word")"; fi
  done
  for timer in /etc/systemd/system/homelab-wake-*.timer; do
    if [ ! -f "$timer" ]; then continue; fi
    name=${timer##*/homelab-wake-}
    # A timer that is stopped has no next time.
    at=$(systemctl show -p NextElapseUSecRealtime --value -- "${timer##*/}")
    if [ -n "$at" ]; then printf 'wakes\t%s\t%s\n' "${name%.timer}" "$(date -d "$at" +%s)"; fi
  done
}
