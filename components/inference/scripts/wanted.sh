#!/bin/bash
# Wakes a machine when a model on it is asked for while it is off: the door's log has a line for each such question. Arguments:
# BACKEND=NODE for each backend. Beside it are wake.sh, and wake-NODE with what that is given.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
declare -A on=() last=()
for pair in "$@"; do on[${pair%%=*}]=${pair#*=}; done

# A machine that begins is not told again before it can have answered; one that heard nothing is.
journalctl -q -f -n 0 -o cat -u inference-door.service -g '"wanted":"yes"' | while IFS= read -r line; do
  [[ $line =~ \"what\":\"house\",\"server\":\"house-([a-z0-9-]+)\" ]] || continue
  node=${on[${BASH_REMATCH[1]}]:-}
  if [ -z "$node" ] || [ $((EPOCHSECONDS - ${last[$node]:-0})) -lt 20 ]; then continue; fi
  last[$node]=$EPOCHSECONDS
  if bash "$here/wake.sh" <"$here/wake-$node" >/dev/null; then
    echo "$node is told to wake: ${BASH_REMATCH[1]} was asked for a model."
  else
    echo "$node could not be told to wake." >&2
  fi
done
