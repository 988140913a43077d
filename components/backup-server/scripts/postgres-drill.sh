#!/bin/bash
# postgres-drill.sh: restores the newest backup in both its forms into a container without a network, and compares what
# is there with what was recorded when it was made. Fails when anything at all is not as it was.
here=$(dirname "$0")
# shellcheck source=lib.sh
source "$here/lib.sh"
# shellcheck source=postgres-lib.sh
source "$here/postgres-lib.sh"
# shellcheck source=postgres-restore.sh
source "$here/postgres-restore.sh"

scratch=$BACKUP_DIRECTORY/.drill
# shellcheck disable=SC2329 # called by trap
clean() {
  end_restored
  rm -rf --one-file-system -- "$scratch"
}

# looked_through NAME: all of it, before anything is restored; reading costs less than finding out late.
looked_through() {
  (cd "$HISTORY/dump/$1" && sha256sum --quiet --check sums >&2) || fail "The dump $1 is damaged: $HISTORY/dump/$1."
  wal_whole "$(wal_of "$1")" "$(start_segment "$HISTORY/base/$1")"
  whole_chain "$1"
}

physical() { # NAME
  local found
  materialise "$1" "$scratch/base"
  recover "$scratch/base" "$(wal_of "$1")" recovery_target_name "$1"
  found=$(holds "$HISTORY/dump/$1")
  say "Base backup $1 and WAL up to its moment: $found, all as recorded."
  end_restored
}

logical() { # NAME
  local found
  install -d -m 755 "$scratch/dump"
  chown "$owner" "$scratch/dump"
  podman run --detach --replace --name "$restored" --pull never --network none --volume "$scratch/dump:/var/lib/postgresql" \
    --env POSTGRES_HOST_AUTH_METHOD=trust --env POSTGRES_INITDB_ARGS="$POSTGRES_INITDB" --stop-timeout 120 "$POSTGRES_IMAGE" \
    postgres -c listen_addresses= -c fsync=off >/dev/null
  timeout 120 bash -c "until podman logs $restored 2>&1 | grep -q 'init process complete' && podman exec --user postgres $restored psql -XAtqc 'select 1' >/dev/null 2>&1; do sleep 0.3; done" ||
    fail "A new PostgreSQL did not start: $(podman logs "$restored" 2>&1 | tail -n 5)"
  restore_dump "$HISTORY/dump/$1" in_restored
  found=$(holds "$HISTORY/dump/$1")
  say "Dump $1: $found, all as recorded."
  end_restored
}

# restore_dump FOLDER RUN: roles, then every database, into the new cluster whose programs RUN runs.
restore_dump() {
  local file
  # The superuser is there already; everything else must go through.
  grep -v '^CREATE ROLE postgres;$' "$1/globals.sql" | "$2" psql -XAtq -v ON_ERROR_STOP=1 >/dev/null
  for file in "$1"/*.dump; do
    if [ "${file##*/}" = postgres.dump ]; then
      "$2" pg_restore --exit-on-error --clean --if-exists --dbname postgres <"$file"
    else
      "$2" pg_restore --exit-on-error --create --dbname postgres <"$file"
    fi
  done
}

run() {
  local name
  HISTORY=$root/$(cat "$root/cluster" 2>/dev/null || fail "There is no backup of PostgreSQL in $root.")
  trap clean EXIT
  clean
  mkdir -p "$scratch"
  name=$(backups base | tail -n 1)
  [ -n "$name" ] || fail "There is no base backup in $HISTORY/base."
  [ -e "$HISTORY/dump/$name/info" ] || fail "The base backup $name has no dump of the same moment."
  seal
  looked_through "$name"
  if [ -e "$BACKUP_DIRECTORY/buckets.facts/.sums" ]; then
    mirror_whole || fail "The mirror of the buckets is damaged: the names above, in $BACKUP_DIRECTORY/buckets."
    say "Buckets: $(wc -l <"$BACKUP_DIRECTORY/buckets.facts/.sums") objects, all as mirrored."
  fi
  physical "$name"
  logical "$name"
  du -sb "$scratch" | cut -f1 | write "$notes/postgres-drill.bytes"
}

job postgres-drill run
