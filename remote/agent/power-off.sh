#!/bin/bash
# Powers this machine off in order. Input: `why WORD`, `end`. A second later, so that the answer still gets through.
source head.sh
read_given
mkdir -p /run/homelab-power
printf '%s\n' "${given[why]}" >/run/homelab-power/why
systemd-run --quiet --collect --on-active=1s --timer-property=AccuracySec=100ms systemctl poweroff
