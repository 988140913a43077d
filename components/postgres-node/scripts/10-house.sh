#!/usr/bin/env bash
# What must be there before the first database is made. Run by the image at the first start, and by settle.sh at
# every start, so that a first start cut short is finished by the next: every statement may be repeated.
set -euo pipefail

run() {
  psql --no-psqlrc --quiet --no-password --set ON_ERROR_STOP=1 --username postgres --dbname "$1"
}

# New databases copy template1: nobody but a schema's owner creates in it.
run template1 <<'SQL'
revoke create on schema public from public;
SQL

run postgres <<'SQL'
revoke create on schema public from public;
revoke connect, temporary on database postgres from public;
revoke connect, temporary on database template1 from public;
set client_min_messages = warning;
create extension if not exists pg_stat_statements;
SQL
