#!/bin/bash
# Writes how Prefect's jobs are, for Prometheus. Arguments: directory of the files of metrics, Prefect's role and database,
# the podman secret with the role's connection string, the flow that every job is. Asked as that role and never as the
# superuser: what lies in the database is the role's own, and whatever of it a superuser's session evaluates has the server.
set -euo pipefail
directory=$1 role=$2 database=$3 secret=$4 flow=$5
# The same each time: one that lost its power leaves nothing behind that stays.
part=$directory/.prefect.new
trap 'rm -f "$part"' EXIT
url=$(podman secret inspect --showsecret --format '{{.SecretData}}' "$secret")
if ! [[ $url =~ ^[a-z0-9+]+://[^:@/]+:([^@/]+)@[^/]+:([0-9]+)/ ]]; then
  echo "The podman secret $secret holds no connection string: \`pulumi up\` puts it back." >&2
  exit 1
fi
port=${BASH_REMATCH[2]}
# As it is where a URL has %41.
printf -v password '%b' "${BASH_REMATCH[1]//%/\\x}"
{ printf '%s\n' "$password" && cat "$(dirname "${BASH_SOURCE[0]}")/health.sql"; } |
  podman exec --interactive --user postgres postgres sh -c 'IFS= read -r PGPASSWORD; export PGPASSWORD; exec psql "$@"' sh \
    --no-psqlrc --no-password --quiet --tuples-only --no-align --host 127.0.0.1 --port "$port" --username "$role" \
    --set "flow=$flow" --dbname "$database" >"$part"
chmod 0644 "$part"
sync -- "$part"
mv -f "$part" "$directory/prefect.prom"
