#!/bin/bash
# Looks after the runs that need a node which is off, and wakes it where one is to be woken. Arguments: those of needs.py.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
[ "$(podman container inspect --format '{{.State.Running}}' prefect 2>/dev/null || true)" = true ] || {
  echo "Prefect does not run."
  exit 0
}
podman exec --interactive prefect python - "$@" <"$here/needs.py" |
  while read -r verb node; do
    [ "$verb" = wake ] || continue
    echo "$node is told to wake."
    bash "$here/wake.sh" <"$here/wake-$node" >/dev/null
  done
