#!/bin/sh
# Usage: ready.sh PORT. Succeeds when the server answers a query over TCP by the superuser's password, and its
# configuration files hold no mistake, and nothing else than these decides how it runs. The socket would not do: the temporary server of the first start answers there.
# A server that began as a copy has no such start, and the other's password: there the socket is asked.
set -eu
port=$1
PGHOST=/var/run/postgresql
if [ -e /run/secrets/homelab-postgres-superuser ]; then
  PGHOST=127.0.0.1
  PGPASSWORD=$(cat /run/secrets/homelab-postgres-superuser)
  export PGPASSWORD
fi
PGCONNECT_TIMEOUT=5
export PGHOST PGCONNECT_TIMEOUT

mistakes=$(
  psql --no-psqlrc --no-password --no-align --tuples-only --quiet --set ON_ERROR_STOP=1 \
    --port "$port" --username postgres --dbname postgres <<'SQL'
select format('%s:%s %s: %s', sourcefile, sourceline, name, error) from pg_file_settings where error is not null
union all
select format('%s:%s: %s', file_name, line_number, error) from pg_hba_file_rules where error is not null
union all
select format('%s is set in %s, which wins over the settings of the program', name, sourcefile)
from pg_file_settings where sourcefile ~ 'postgresql\.auto\.conf$'
union all
select format('%s is set by hand for %s in %s', split_part(entry, '=', 1),
  case when setrole = 0 then 'all roles' else setrole::regrole::text end,
  case when setdatabase = 0 then 'all databases' else (select datname from pg_database d where d.oid = setdatabase) end)
from pg_db_role_setting, unnest(setconfig) entry
where not pg_is_in_recovery() and (setrole = 0 and setdatabase = 0 or setrole = 10
  or setrole = 0 and setdatabase in (select oid from pg_database where datname in ('postgres', 'template0', 'template1')));
SQL
)
[ -z "$mistakes" ] || {
  printf '%s\n' "$mistakes" >&2
  exit 1
}
