#!/bin/sh
# Usage: settle.sh PORT. Run in the container after each start. Waits for the real server, then makes the superuser's
# password the one in the secret: a cluster that outlived its stack still has the former one. systemd's time limit
# for starting bounds the wait; when the container ends, so does this.
set -eu
port=$1
here=$(dirname "$0")
# Scripts given to the image; not those of another container.
init=/docker-entrypoint-initdb.d

# A start must not wait for a standby that is off.
PGOPTIONS='-c synchronous_commit=local'
export PGOPTIONS

until pg_isready --quiet --host 127.0.0.1 --port "$port"; do
  sleep 0.2
done

# A standby has the roles and databases of its primary, and cannot change them.
recovering=$(psql --no-psqlrc --no-password --quiet --no-align --tuples-only --port "$port" --username postgres \
  --dbname postgres --command 'select pg_is_in_recovery()')
if [ "$recovering" = t ]; then exec sh "$here/ready.sh" "$port"; fi

PGPASSWORD=$(cat /run/secrets/homelab-postgres-superuser)
export PGPASSWORD
if ! psql --no-psqlrc --no-password --quiet --host 127.0.0.1 --port "$port" --username postgres --dbname postgres \
  --command 'select' >/dev/null 2>&1; then
  # By the socket the system user postgres is known without a password. The statement is kept out of the log
  # and out of the statistics.
  psql --no-psqlrc --no-password --quiet --set ON_ERROR_STOP=1 --port "$port" --username postgres --dbname postgres <<'SQL'
set log_statement = none;
set log_min_duration_statement = -1;
set log_min_error_statement = panic;
set pg_stat_statements.track = 'none';
\set password `cat /run/secrets/homelab-postgres-superuser`
alter role postgres password :'password';
SQL
fi

# Without a standby nothing may be kept for one: its slot goes when `homelab:postgres.replica.enabled` does.
[ -e "$here/pair.env" ] ||
  psql --no-psqlrc --no-password --quiet --set ON_ERROR_STOP=1 --port "$port" --username postgres --dbname postgres <<'SQL' >/dev/null
select pg_drop_replication_slot(slot_name) from pg_replication_slots
where slot_name = 'desktop' and slot_type = 'physical' and not active;
SQL

export PGPORT="$port"
unset PGPASSWORD
bash "$init/10-house.sh"
exec sh "$here/ready.sh" "$port"
