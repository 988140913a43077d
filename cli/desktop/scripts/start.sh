#!/bin/sh
# Written by `homelab desktop compose`: changes made here are lost.
# start.sh: brings up compose.yaml, which lies beside it, once the engine of the containers runs. macOS' own shell runs it at login,
# by homelab.compose.plist; it may be run at any time. LIMIT: seconds for the engine, 300 by default.
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
    echo "$engine did not answer for $waited s; launchd tries again in a minute." >&2
    exit 1
  fi
  sleep 2
  waited=$((waited + 2))
done
exec "$engine" compose up --detach
