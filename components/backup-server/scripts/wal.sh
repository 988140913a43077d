#!/bin/bash
# wal.sh PORT: runs in a container of the server's image, as its system user. Receives WAL as it is written and puts it
# on the backup's disk. Asks at each connection which cluster that is; another than the history's gets nothing.
set -euo pipefail
umask 077
port=$1 slot=homelab_backup
PGPASSWORD=$(cat /run/secrets/homelab-postgres-superuser)
export PGPASSWORD PGHOST=127.0.0.1 PGPORT="$port" PGUSER=postgres PGDATABASE=postgres PGCONNECT_TIMEOUT=5
# Bash as first process of a container has no default handler: a stop would wait for its time limit.
trap 'kill "${child:-}" 2>/dev/null; exit 0' TERM INT
pause() {
  sleep "$1" &
  child=$!
  wait "$child" || true
}
said=''
while :; do
  if id=$(psql -XAtqwc 'select system_identifier from pg_control_system()'); then
    known=$(cat /backup/cluster 2>/dev/null || true)
    if [ -z "$known" ]; then
      printf '%s\n' "$id" >/backup/.cluster.new
      chmod 644 /backup/.cluster.new
      mv /backup/.cluster.new /backup/cluster
      known=$id
    fi
    if [ "$known" = "$id" ]; then
      said=''
      mkdir -p "/backup/$id/wal"
      pg_receivewal --no-password --slot "$slot" --create-slot --if-not-exists --directory "/backup/$id/wal" || true
      # --no-loop: who answers at the next connection is looked at again.
      PGAPPNAME=$slot pg_receivewal --no-password --no-loop --synchronous --slot "$slot" --directory "/backup/$id/wal" &
      child=$!
      wait "$child" || true
    elif [ "$said" != "$id" ]; then
      said=$id
      echo "The running PostgreSQL is the cluster $id, but the backups are of the cluster $known: no WAL is received. If the new cluster is what you want: npm run restore -- accept-cluster $id" >&2
    fi
  fi
  pause 2
done
