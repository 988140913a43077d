# shellcheck shell=bash disable=SC2154
# postgres-snapshot.sh: dumps all databases and says what each table holds, all at one moment. Sourced.
#
# That moment has a name in WAL, so that recovery can stop there and must find the same. For this all tables are locked
# against writing in all databases at once, for as long as it takes to write the name and to take a snapshot in each
# (milliseconds): then no transaction is between WAL and what others see. The locks are those of a subtransaction: rolled
# back, they are gone, and the snapshot, which is the transaction's, stays.

lock_list="select coalesce(string_agg(format('lock table only %I.%I in share mode;', n.nspname, c.relname), ' ' order by c.oid), '') as locks
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_' \\gset"

# ask NUMBER SQL: sends it to that session; prints what it answers.
ask() {
  local line
  printf '%s\n\\echo homelab-done\n' "$2" >&"${to[$1]}" || return 1
  while IFS= read -r -t 3600 line <&"${from[$1]}"; do
    if [ "$line" = homelab-done ]; then return 0; fi
    printf '%s\n' "$line"
  done
  return 1
}

# sessions: one for each of $databases, in a transaction that is about to begin.
open_sessions() {
  local i
  to=() from=() pids=()
  for i in "${!databases[@]}"; do
    rm -f "$talk/$i.in" "$talk/$i.out"
    mkfifo "$talk/$i.in" "$talk/$i.out"
    in_server psql -XAtq -v ON_ERROR_STOP=1 -d "$(conninfo "${databases[i]}")" <"$talk/$i.in" >"$talk/$i.out" 2>"$talk/$i.err" &
    pids+=($!)
    exec {fd}>"$talk/$i.in" && to+=("$fd")
    exec {fd}<"$talk/$i.out" && from+=("$fd")
  done
}

close_sessions() {
  local i
  for i in "${!to[@]}"; do
    fd=${to[i]} && exec {fd}>&-
    fd=${from[i]} && exec {fd}<&-
  done
  for i in "${!pids[@]}"; do wait "${pids[i]}" || true; done
  to=() from=() pids=()
}

# still NAME: brings all sessions to the moment NAME; false when somebody wrote for too long.
still() {
  local i
  for i in "${!databases[@]}"; do
    ask "$i" "set search_path = ''; set lock_timeout = '10s'; set idle_in_transaction_session_timeout = 0; set statement_timeout = 0; set transaction_timeout = 0;
$lock_list
begin isolation level repeatable read;
savepoint still;
:locks
select 1;" >/dev/null || return 1
  done
  ask 0 "select pg_create_restore_point('$1');" >/dev/null || return 1
  for i in "${!databases[@]}"; do ask "$i" 'rollback to savepoint still; release savepoint still;' >/dev/null || return 1; done
}

# snapshot NAME FOLDER: writes FOLDER/DATABASE.dump, FOLDER/globals.sql and FOLDER/facts/DATABASE.
snapshot() {
  local i try id file
  talk=$(mktemp -d)
  # A session that has ended must not end this script.
  trap '' PIPE
  mapfile -t databases < <(in_server psql -XAtqc 'select datname from pg_database where datallowconn and not datistemplate order by datname')
  for try in 1 2 3; do
    open_sessions
    if still "$1"; then break; fi
    for i in "${!databases[@]}"; do cat "$talk/$i.err" >&2; done
    close_sessions
    [ "$try" != 3 ] || fail "No moment was found at which nobody writes: somebody holds a lock for longer than 10 s. Nothing was kept; the next run tries again."
  done
  for i in "${!databases[@]}"; do
    file=$(filename "${databases[i]}")
    id=$(ask "$i" 'select pg_export_snapshot();')
    in_server pg_dump --format custom --compress zstd:3 --snapshot "$id" --dbname "$(conninfo "${databases[i]}")" >"$2/$file.dump"
    ask "$i" "$(cat "$tools/facts.sql")" | sort >"$2/facts/$file"
    [ -s "$2/facts/$file" ] || fail "What ${databases[i]} holds could not be read: $(cat "$talk/$i.err")"
  done
  close_sessions
  in_server pg_dumpall --globals-only >"$2/globals.sql"
  rm -rf "$talk"
}
