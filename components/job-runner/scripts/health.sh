#!/bin/bash
# Writes how Prefect's jobs are, for Prometheus. Arguments: directory of the files of metrics, Prefect's role and database,
# the flow that every job is.
set -euo pipefail
directory=$1 role=$2 database=$3 flow=$4
part=$(mktemp "$directory/.prefect.XXXXXX")
trap 'rm -f "$part"' EXIT
podman exec --interactive --user postgres postgres psql --no-psqlrc --quiet --tuples-only --no-align \
  --set "role=$role" --set "flow=$flow" --dbname "$database" <"$(dirname "${BASH_SOURCE[0]}")/health.sql" >"$part"
chmod 0644 "$part"
mv -f "$part" "$directory/prefect.prom"
