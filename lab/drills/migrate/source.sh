#!/bin/bash
# On the node: source.sh up IMAGE PORT [OPTION…] | down. A throwaway PostgreSQL that databases are moved from, in a volume-less
# container; its superuser's password comes by standard input.
set -euo pipefail
verb=$1
podman rm --force --time 0 --ignore lab-source >/dev/null 2>&1
[ "$verb" = up ] || exit 0
image=$2 port=$3
shift 3
IFS= read -r POSTGRES_PASSWORD
export POSTGRES_PASSWORD
podman run --detach --name lab-source --network host --pull never --shm-size 512m --image-volume ignore --env POSTGRES_PASSWORD \
  --volume /usr/local/share/lab-images:/usr/local/share/lab-images:ro --env POSTGRES_INITDB_ARGS='--encoding=UTF8 --locale=C.UTF-8' "$image" postgres -c listen_addresses=127.0.0.1 -c "port=$port" \
  -c max_wal_size=4GB -c fsync=off "$@" >/dev/null
# The first start's own server listens on the socket only.
timeout 120 sh -c "until podman exec lab-source pg_isready -q -h 127.0.0.1 -p $port; do sleep 0.3; done"
