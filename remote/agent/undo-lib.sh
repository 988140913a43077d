#!/bin/bash
# A change that may cut off whoever makes it is undone by the node itself, unless a new connection confirms it in time: what
# undoes it stands in a directory, with a timer that also runs after a restart. Put in the place of the `source` lines.
# shellcheck disable=SC2154 # state is head.sh's
undo_of() { printf '%s/undo/%s' "$state" "$1"; }
undo_unit() { printf 'homelab-undo-%s' "${1%.service}"; }
undo_forget() { # NAME: no timer any more, and nothing to undo
  local unit
  unit=$(undo_unit "$1")
  systemctl --quiet disable --now -- "$unit.timer" 2>/dev/null || true
  rm -rf -- "$(undo_of "$1")" "/etc/systemd/system/$unit.timer" "/etc/systemd/system/$unit.service"
  systemctl daemon-reload
}
undo_pending() { # NAME: a change that nobody confirmed is undone before the next; by whoever holds none of the unit's locks
  local dir
  dir=$(undo_of "$1")
  if [ -e "$dir/undo.sh" ]; then bash "$dir/undo.sh"; fi
}
undo_begin() { # NAME: an empty directory for what was
  local dir
  dir=$(undo_of "$1")
  install -d -m 700 "$state/undo"
  rm -rf -- "$dir"
  install -d -m 700 "$dir"
}
undo_arm() { # NAME SECONDS: standard input is what undoes it
  local dir unit
  dir=$(undo_of "$1") unit=$(undo_unit "$1")
  {
    printf '#!/bin/bash\n# Puts back what was before a change of %s that nobody confirmed.\nset -uo pipefail\n' "$1"
    printf 'export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n'
    printf 'state=%q name=%q dir=%q\n' "$state" "$1" "$dir"
    # shellcheck disable=SC2016 # read when it runs
    printf 'exec 8>"$dir.lock" && flock 8 || exit 1\n[ -e "$dir/undo.sh" ] || exit 0\n'
    declare -f settle decode undo_of undo_unit undo_forget
    cat
    # shellcheck disable=SC2016 # the same
    printf 'date --iso-8601=seconds >"$dir.undone"\nundo_forget "$name"\n'
  } >"$dir/undo.sh.new"
  rm -f -- "$dir.undone"
  settle "$dir/undo.sh.new" "$dir/undo.sh"
  printf '[Unit]\nDescription=Puts back what was before a change of %s that nobody confirmed\n[Service]\nType=oneshot\nExecStart=/bin/bash %s/undo.sh\nRestart=on-failure\nRestartSec=30\n' "$1" "$dir" >"/etc/systemd/system/$unit.service"
  printf '[Unit]\nDescription=When a change of %s counts as not confirmed\n[Timer]\nOnActiveSec=%s\nAccuracySec=1\n[Install]\nWantedBy=timers.target\n' "$1" "$2" >"/etc/systemd/system/$unit.timer"
  systemctl daemon-reload
  systemctl --quiet enable -- "$unit.timer"
  systemctl restart -- "$unit.timer"
}
undo_again() { # NAME SECONDS: from now on
  local unit
  unit=$(undo_unit "$1")
  sed -i "s/^OnActiveSec=.*/OnActiveSec=$2/" "/etc/systemd/system/$unit.timer"
  systemctl daemon-reload
  systemctl restart -- "$unit.timer"
}
