#!/usr/bin/env bash
# docker-entrypoint.sh: the entry contract of the official postgres image (its documented variables, its first
# start, its folder of init files), written anew for the lab's stand-in.
#
# First start: initdb, then a server that listens on the unix socket only runs /docker-entrypoint-initdb.d, then
# the real one starts. As in the official image a first start that is cut off after initdb is not taken up again:
# PG_VERSION is there, so the next start takes the cluster for a finished one.
set -Eeuo pipefail

fail() {
  printf 'postgres image: %s\n' "$*" >&2
  exit 1
}

# from_file NAME [DEFAULT]: NAME itself, or the contents of the file NAME_FILE points to; not both.
from_file() {
  local name=$1 file=$1_FILE
  [ -z "${!name:-}" ] || [ -z "${!file:-}" ] || fail "$name and $file are both set: give one of them."
  if [ -n "${!file:-}" ]; then
    printf -v "$name" '%s' "$(<"${!file}")"
  elif [ -z "${!name:-}" ]; then
    printf -v "$name" '%s' "${2:-}"
  fi
  export "${name?}"
  unset "$file"
}

# wants_help ARGS…: then no cluster is needed.
wants_help() {
  local arg
  for arg in "$@"; do
    case $arg in -'?' | --help | --describe-config | -V | --version) return 0 ;; esac
  done
  return 1
}

prepare_folders() {
  mkdir -p "$PGDATA"
  chmod 00700 "$PGDATA" || true
  mkdir -p /var/run/postgresql
  chmod 03775 /var/run/postgresql || true
  if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then
    mkdir -p "$POSTGRES_INITDB_WALDIR"
    chmod 700 "$POSTGRES_INITDB_WALDIR"
    [ "$(id -u)" != 0 ] || find "$POSTGRES_INITDB_WALDIR" ! -user postgres -exec chown postgres '{}' +
  fi
  if [ "$(id -u)" = 0 ]; then
    find "$PGDATA" ! -user postgres -exec chown postgres '{}' +
    find /var/run/postgresql ! -user postgres -exec chown postgres '{}' +
  fi
}

check_settings() {
  [ -n "$POSTGRES_PASSWORD" ] || [ "$POSTGRES_HOST_AUTH_METHOD" = trust ] ||
    fail "the superuser's password is missing: set POSTGRES_PASSWORD_FILE (or POSTGRES_PASSWORD)."
}

make_cluster() {
  local initdb_args=()
  [ -z "${POSTGRES_INITDB_WALDIR:-}" ] || initdb_args+=(--waldir "$POSTGRES_INITDB_WALDIR")
  # The official image splits POSTGRES_INITDB_ARGS as a shell would; so does this.
  eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD") '"${POSTGRES_INITDB_ARGS:-}"' "${initdb_args[@]}" "$@"'
}

allow_hosts() {
  local method=$POSTGRES_HOST_AUTH_METHOD
  shift # the word "postgres"
  [ -n "$method" ] || method=$(postgres -C password_encryption "$@")
  printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
}

temporary_server_start() {
  shift # the word "postgres"
  NOTIFY_SOCKET='' PGUSER="${PGUSER:-$POSTGRES_USER}" pg_ctl -D "$PGDATA" -w start \
    -o "$(printf '%q ' "$@" -c listen_addresses='' -p "${PGPORT:-5432}")"
}

temporary_server_stop() { PGUSER="${PGUSER:-postgres}" pg_ctl -D "$PGDATA" -m fast -w stop; }

run_sql() { # DATABASE PSQL-OPTION…
  local database=$1
  shift
  PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --no-password \
    --dbname "$database" "$@"
}

make_database() {
  [ -n "$(run_sql postgres --set db="$POSTGRES_DB" --tuples-only <<<"SELECT 1 FROM pg_database WHERE datname = :'db';")" ] ||
    run_sql postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
}

run_init_files() {
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    printf 'postgres image: running %s\n' "$file"
    case $file in
      *.sh)
        if [ -x "$file" ]; then
          "$file"
        else
          # shellcheck disable=SC1090
          . "$file"
        fi
        ;;
      *.sql) run_sql "$POSTGRES_DB" -f "$file" ;;
      *.sql.gz) gunzip -c "$file" | run_sql "$POSTGRES_DB" ;;
      *.sql.xz) xzcat "$file" | run_sql "$POSTGRES_DB" ;;
      *.sql.zst) zstd -dc "$file" | run_sql "$POSTGRES_DB" ;;
      *) printf 'postgres image: leaving %s alone\n' "$file" ;;
    esac
  done
}

first_start() {
  local files
  check_settings
  make_cluster
  allow_hosts "$@"
  export PGPASSWORD="${PGPASSWORD:-$POSTGRES_PASSWORD}"
  temporary_server_start "$@"
  make_database
  files=(/docker-entrypoint-initdb.d/*)
  [ ! -e "${files[0]}" ] || run_init_files
  temporary_server_stop
  unset PGPASSWORD
  printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

[ "${1:0:1}" != - ] || set -- postgres "$@"

if [ "${1:-}" = postgres ] && ! wants_help "$@"; then
  # As in the official image, whatever the start: what came from a file is in the environment of the server, too.
  from_file POSTGRES_PASSWORD
  from_file POSTGRES_USER postgres
  from_file POSTGRES_DB "$POSTGRES_USER"
  from_file POSTGRES_INITDB_ARGS
  export POSTGRES_HOST_AUTH_METHOD="${POSTGRES_HOST_AUTH_METHOD:-}"
  prepare_folders
  if [ "$(id -u)" = 0 ]; then
    exec setpriv --reuid=postgres --regid=postgres --init-groups -- env HOME=/var/lib/postgresql "$0" "$@"
  fi
  if [ -s "$PGDATA/PG_VERSION" ]; then
    printf '\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n'
  else
    first_start "$@"
  fi
fi

exec "$@"
