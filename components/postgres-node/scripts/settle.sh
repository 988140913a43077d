#!/bin/sh
# Usage: settle.sh PORT. Run in the container after each start, and by an `up` that finds the server not as declared.
# Waits for the real server, then makes the superuser's password the one in the secret (a cluster that outlived its
# stack still has the former one, or somebody changed it) and takes away settings that were made by hand. systemd's
# time limit for starting bounds the wait; when the container ends, so does this.
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

# Before each start this is done on the node; here for a server that runs. What counts from a start only asks for one.
if [ -n "$(sh "$here/auto-conf.sh" "${PGDATA:-/var/lib/postgresql/18/docker}")" ]; then
  psql --no-psqlrc --no-password --quiet --no-align --tuples-only --port "$port" --username postgres --dbname postgres \
    --command 'select pg_reload_conf()' >/dev/null
  sleep 1
  [ "$(psql --no-psqlrc --no-password --quiet --no-align --tuples-only --port "$port" --username postgres \
    --dbname postgres --command 'select count(*) from pg_settings where pending_restart')" = 0 ]
fi

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

# What is set for everybody, for the superuser, or in a database of the server's own wins over the program's settings.
psql --no-psqlrc --no-password --quiet --set ON_ERROR_STOP=1 --port "$port" --username postgres --dbname postgres <<'SQL' >/dev/null
select case when setrole = 0 and setdatabase = 0 then 'alter role all reset all'
  when setrole = 0 then format('alter database %I reset all', d.datname)
  when setdatabase = 0 then format('alter role %s reset all', setrole::regrole)
  else format('alter role %s in database %I reset all', setrole::regrole, d.datname) end
from pg_db_role_setting left join pg_database d on d.oid = setdatabase
where setrole = 0 and setdatabase = 0 or setrole = 10
  or setrole = 0 and d.datname in ('postgres', 'template0', 'template1')
\gexec
SQL

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
