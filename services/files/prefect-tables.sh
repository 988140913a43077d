#!/bin/bash
# Prefect's tables, before another version of it starts and on the way back, on the node of PostgreSQL:
#   tables.sh before DATABASE DIRECTORY IMAGE  run before each start: a server of another version changes the tables, and its
#                                              predecessor does not start on them. So they are dumped into the directory, where
#                                              the last five are kept; without the dump the other version does not start
#   tables.sh restore DATABASE DUMP            the tables as they were then. The present ones are kept, as a database of
#                                              another name, and nothing is changed unless the dump could be restored whole
# Asked and restored as the database's own role: what a superuser's session evaluates of it has the server.
set -euo pipefail
umask 077
fail() {
  echo "$1" >&2
  exit 1
}
[ $# -ge 3 ] || fail "say what to do: tables.sh restore prefect /srv/homelab/prefect/dumps/TIME.dump"
verb=$1 database=$2

url=$(podman secret inspect --showsecret --format '{{.SecretData}}' homelab-prefect-database)
[[ $url =~ ^[a-z0-9+]+://([^:@/]+):([^@/]+)@[^/]+:([0-9]+)/ ]] ||
  fail "The podman secret homelab-prefect-database holds no connection string: \`pulumi up\` puts it back."
role=${BASH_REMATCH[1]} port=${BASH_REMATCH[3]}
# As it is where a URL has %41.
printf -v password '%b' "${BASH_REMATCH[2]//%/\\x}"

# Runs a program of PostgreSQL's as the role, with this one's input.
as_role() {
  { printf '%s\n' "$password" && cat; } |
    podman exec --interactive --user postgres postgres sh -c 'IFS= read -r PGPASSWORD; export PGPASSWORD; exec "$@"' sh \
      "$1" --no-password --host 127.0.0.1 --port "$port" --username "$role" "${@:2}"
}
# As the superuser, and in no database of anybody's.
administer() { podman exec --interactive --user postgres postgres "$@"; }

before() {
  local directory=$1 image=$2 former dump tables old=() one
  mkdir -p "$directory"
  former=$(cat "$directory/image" 2>/dev/null || true)
  [ "$former" != "$image" ] || return 0
  tables=$(as_role psql --no-psqlrc -qtAX -v ON_ERROR_STOP=1 --dbname "$database" \
    --command "select count(*) from pg_catalog.pg_class where relname = 'alembic_version'" </dev/null)
  if [ "$tables" != 0 ]; then
    dump=$directory/$(date -u +%Y%m%dT%H%M%SZ).dump
    as_role pg_dump --format custom "$database" </dev/null >"$directory/.part"
    if [ -n "$former" ]; then printf '%s\n' "$former" >"$dump.image"; fi
    sync "$directory/.part"
    mv "$directory/.part" "$dump"
    echo "Prefect changes from ${former:-an unknown image} to $image. Its tables are kept as they are now: $dump"
    mapfile -t old < <(find "$directory" -maxdepth 1 -name '*.dump' | sort -r | tail -n +6)
    for one in "${old[@]}"; do rm -f "$one" "$one.image"; done
  fi
  printf '%s\n' "$image" >"$directory/.image"
  sync "$directory/.image"
  mv "$directory/.image" "$directory/image"
}

restore() {
  local dump=$1 now note part kept
  note=$(dirname "$dump")/image
  [ -s "$dump" ] ||
    fail "$dump is not there, or empty. There are: $(find "$(dirname "$dump")" -maxdepth 1 -name '*.dump' -printf '%f ' 2>/dev/null)"
  now=$(date -u +%Y%m%d_%H%M%S)
  part=${database}_part_$now kept=${database}_until_$now
  administer createdb --owner "$role" --template template0 "$part"
  if ! as_role pg_restore --no-owner --exit-on-error --single-transaction --dbname "$part" <"$dump"; then
    administer dropdb "$part"
    fail "$dump could not be restored; nothing was changed."
  fi
  systemctl stop prefect
  administer psql --no-psqlrc -qtAX -v ON_ERROR_STOP=1 --dbname postgres \
    -v "database=$database" -v "part=$part" -v "kept=$kept" <<'SQL'
select count(pg_catalog.pg_terminate_backend(pid)) from pg_catalog.pg_stat_activity where datname = :'database' \g /dev/null
begin;
alter database :"database" rename to :"kept";
alter database :"part" rename to :"database";
commit;
SQL
  # Whatever starts next on these tables is noted by its start.
  rm -f "$note"
  if [ -s "$dump.image" ]; then cp "$dump.image" "$note"; fi
  echo "The tables are those of $(basename "$dump" .dump); those until now are the database $kept."
  echo "Set homelab:prefect.image and homelab:jobs.image to $(cat "$note" 2>/dev/null || echo "the version that they are of"), and run pulumi up."
}

case $verb in
  before) before "${@:3}" ;;
  restore) restore "${@:3}" ;;
  *) fail "say what to do: tables.sh restore prefect /srv/homelab/prefect/dumps/TIME.dump" ;;
esac
