#!/bin/sh
# Written by `homelab desktop compose`: changes made here are lost.
# start.sh [NAME SECONDS]: brings up compose.yaml, which lies beside it, once the engine of the containers runs; or runs the one of
# its services that is called NAME, and ends it after SECONDS. macOS' own shell runs it, by the jobs in launchd/; it may be run at
# any time. LIMIT: seconds for the engine, 300 by default.
set -eu
cd "$(dirname "$0")"

if command -v docker >/dev/null; then
  engine=docker
  # Docker Desktop, unless it starts by itself already or another program (OrbStack, Colima) is in its place.
  if [ -d /Applications/Docker.app ]; then open -ga Docker || true; fi
elif command -v podman >/dev/null; then
  engine=podman
  # Ends with an error where it runs already.
  podman machine start >/dev/null 2>&1 || true
else
  echo "There is neither docker nor podman in $PATH: install Docker Desktop, or podman with Docker Compose." >&2
  exit 1
fi

waited=0
until "$engine" info >/dev/null 2>&1; do
  if [ "$waited" -ge "${LIMIT:-300}" ]; then
    echo "$engine did not answer for $waited s." >&2
    exit 1
  fi
  sleep 2
  waited=$((waited + 2))
done
[ $# -gt 0 ] || exec "$engine" compose up --detach

# The container's name is taken while it runs, so a second run beside it fails.
"$engine" compose run --rm --no-TTY --name "$1" "$1" &
run=$!
(
  sleep "$2" >/dev/null 2>&1
  echo "$1 was ended after $2 s." >&2
  "$engine" stop "$1" >/dev/null
) &
limit=$!
code=0
wait "$run" || code=$?
kill "$limit" 2>/dev/null || true
exit "$code"
