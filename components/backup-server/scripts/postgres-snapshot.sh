# shellcheck shell=bash disable=SC2154
# postgres-snapshot.sh: dumps all databases and says what each table holds, all at one moment. Sourced.
#
# That moment has a name in WAL, so that recovery can stop there and must find the same. For this all tables are locked
# against writing in all databases at once, for as long as it takes to write the name and to take a snapshot in each
# (milliseconds): then no transaction is between WAL and what others see. The locks are those of a subtransaction: rolled
# back, they are gone, and the snapshot, which is the transaction's, stays.
#
# One database must not cost the others their backup. In which no moment is found at which nobody writes, that is dumped at
# a moment of its own; which cannot be dumped is named; of which one table cannot be read, that is dumped without its rows.
#
# The sessions are the superuser's, in databases whose owners are not trusted: they lock, and read the catalogue (facts.sql).

lock_list="select coalesce(string_agg(format('lock table only %I.%I in share mode;', n.nspname, c.relname), ' ' order by c.oid), '') as locks
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
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

# sessions: one for each of $databases.
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

# still NAME: brings all sessions to the moment NAME. False when one cannot be brought there: $stuck is its number.
still() {
  local i
  for i in "${!databases[@]}"; do
    stuck=$i
    ask "$i" "set lock_timeout = '10s';
$lock_list
begin isolation level repeatable read;
savepoint still;
:locks
select 1;" >/dev/null || return 1
  done
  in_server psql -XAtqc "select pg_create_restore_point('$1')" >/dev/null || fail "The moment $1 could not be named in WAL."
  for i in "${!databases[@]}"; do
    stuck=$i
    ask "$i" 'rollback to savepoint still; release savepoint still;' >/dev/null || return 1
  done
  stuck=''
}

# who_writes DATABASE: what may stand in the way there, for people.
who_writes() {
  in_server psql -XAtq -v name="$1" 2>/dev/null <<'SQL' || true
select string_agg(said, '; ') from (
  select format('prepared transaction %L of %s, since %s (pg_prepared_xacts: COMMIT PREPARED or ROLLBACK PREPARED ends it)', gid, owner, date_trunc('second', prepared)) as said
  from pg_prepared_xacts where database = :'name'
  union all
  select format('process %s of %s, %s, in a transaction since %s', pid, usename, state, date_trunc('second', xact_start))
  from pg_stat_activity where datname = :'name' and backend_type = 'client backend' and backend_xid is not null and xact_start < now() - interval '5 s'
) s;
SQL
}

# held: where else it is.
held() { if [ -e "$HISTORY/base/${name:-none}/info" ]; then printf ' The base backup holds it as it lies there.'; fi; }

# lockable: how many tables the server can lock at once, by its settings.
lockable() {
  in_server psql -XAtqc "select current_setting('max_locks_per_transaction')::int * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int)"
}
# Settings are those of the whole server: all that is locked in all databases is in one table of locks.
too_many() { # DATABASE
  local count can
  count=$(in_server psql -XAtq -d "$(conninfo "$1")" -c "select count(*) from pg_catalog.pg_class where relkind in ('r', 'p', 'S', 'v', 'm', 'f') and oid >= 16384" 2>/dev/null) || return 1
  can=$(lockable)
  if [ "$count" -gt $((can * 8 / 10)) ]; then printf '%s %s' "$count" "$can"; else return 1; fi
}

# aside WHY: the database that is stuck is left to a moment of its own.
aside() {
  local i rest=()
  say "${databases[stuck]} is dumped at a moment of its own, which a restore of the base backup cannot be compared with: $1"
  later+=("${databases[stuck]}")
  for i in "${!databases[@]}"; do if [ "$i" != "$stuck" ]; then rest+=("${databases[i]}"); fi; done
  databases=("${rest[@]}")
}

# moment NAME: all of $databases, which become fewer, stand at it; the rest is in $later.
moment() {
  local said tries=0 many
  later=()
  for stuck in "${!databases[@]}"; do
    # Locking them all would also take the room for locks from whoever works there.
    if many=$(too_many "${databases[stuck]}"); then
      problem "${databases[stuck]}: it has ${many% *} tables, views and sequences, and the server can lock ${many#* } at once (max_locks_per_transaction times max_connections): pg_dump cannot dump it. Raise homelab:postgres.settings max_locks_per_transaction to $((64 * (${many% *} / ${many#* } + 2))).$(held)"
      state failed "${databases[stuck]}"
      unset "databases[$stuck]"
    fi
  done
  databases=("${databases[@]}")
  while [ "${#databases[@]}" -gt 0 ]; do
    open_sessions
    if still "$1"; then return; fi
    said=$(tail -n 2 "$talk/$stuck.err")
    close_sessions
    tries=$((tries + 1))
    case $said in
    *'lock timeout'* | *deadlock*)
      if [ "$tries" -ge 3 ]; then
        aside "no moment was found at which nobody writes. $(who_writes "${databases[stuck]}")"
        tries=0
      fi
      ;;
    *)
      aside "${said:-its session ended}"
      tries=0
      ;;
    esac
  done
  in_server psql -XAtqc "select pg_create_restore_point('$1')" >/dev/null || fail "The moment $1 could not be named in WAL."
}

# dump DATABASE SNAPSHOT FOLDER FACTS: FOLDER/DATABASE.dump, and what it holds in FOLDER/FACTS/DATABASE.
dump() {
  local file table said options=() lost=''
  file=$(filename "$1")
  until in_server pg_dump --format custom --compress zstd:3 --snapshot "$2" --dbname "$(conninfo "$1")" "${options[@]}" \
    >"$3/$file.dump" 2>"$talk/said"; do
    said=$(grep -v '^pg_dump: detail: Command was' "$talk/said" | tail -n 3 | tr '\n' ' ')
    table=$(sed -n 's/^pg_dump: detail: Command was: COPY \(.*\) (.*) TO stdout;$/\1/p' "$talk/said" | head -n 1)
    if narrow 16 || [[ ${said,,} == *'no space left'* ]]; then said="the disk of $BACKUP_DIRECTORY is full. " table=''; fi
    if [ -z "$table" ] || [ "${#options[@]}" -ge 20 ] || [[ " ${options[*]} " = *" --exclude-table-data=$table "* ]]; then
      rm -f "$3/$file.dump"
      problem "$1 could not be dumped: ${said% }$(held)"
      state failed "$1"
      return
    fi
    problem "$1: the rows of $table are not in the dump: ${said% }$(held)"
    options+=("--exclude-table-data=$table")
    lost=yes
    mkdir -p "$3/missing"
    sed 's/[\\"]/\\&/g; s/.*/"&"/' <<<"$table" >>"$3/missing/$file"
  done
  mkdir -p "$3/$4"
  if ! facts in_server "$1" "$2" >"$3/$4/$file" 2>"$talk/said"; then
    rm -f "$3/$4/$file"
    problem "What $1 holds could not be read: $(if narrow 1; then no_room; else tail -n 2 "$talk/said"; fi)"
    lost=yes
  elif grep -q '"failed" : true}$' "$3/$4/$file"; then
    problem "$1: what these tables hold could not be counted: $(sed -n 's/^{"table" : \(.*\), "failed" : true}$/\1/p' "$3/$4/$file" | head -n 10 | tr '\n' ' ')$(grep -i error "$talk/said" | head -n 1)"
    lost=yes
  fi
  state "$([ -n "$lost" ] && echo partial || echo whole)" "$1"
}

# apart DATABASE FOLDER: at a moment of its own.
apart() {
  local id
  databases=("$1")
  open_sessions
  if id=$(ask 0 'begin isolation level repeatable read; select pg_export_snapshot();') && [ -n "$id" ]; then
    dump "$1" "$id" "$2" apart
  else
    problem "$1 could not be dumped: $(tail -n 2 "$talk/0.err")$(held)"
    state failed "$1"
  fi
  close_sessions
}

# snapshot NAME FOLDER: writes FOLDER/DATABASE.dump, FOLDER/globals.sql, and FOLDER/facts/DATABASE or, of a database that was
# dumped at a moment of its own, FOLDER/apart/DATABASE; in FOLDER/missing/DATABASE the tables whose rows the dump lacks.
snapshot() {
  local i kind database listed
  # Not to be told which there are is not that there are none.
  if ! listed=$(databases_there) || [ -z "$listed" ]; then
    fail "PostgreSQL does not say which databases there are: none was dumped."
  fi
  talk=$(mktemp -d)
  # A session that has ended must not end this script.
  trap '' PIPE
  databases=()
  while read -r kind database; do
    case $kind in
    open) databases+=("$database") ;;
    invalid)
      say "WARNING: $database is what a DROP DATABASE left that was cut short: nothing can connect to it, and it is in no dump. Drop it again, or see the base backup for what it held."
      state left-out "$database"
      ;;
    closed)
      say "WARNING: $database allows no connections (datallowconn): it is in the base backup, and in no dump. To have it dumped: alter database ... with allow_connections true"
      state left-out "$database"
      ;;
    esac
  done <<<"$listed"
  moment "$1"
  # A database at a time: what one costs is not the others' loss.
  for i in "${!databases[@]}"; do
    if id=$(ask "$i" 'select pg_export_snapshot();') && [ -n "$id" ]; then
      dump "${databases[i]}" "$id" "$2" facts
    else
      problem "${databases[i]} could not be dumped: $(tail -n 2 "$talk/$i.err")$(held)"
      state failed "${databases[i]}"
    fi
  done
  close_sessions
  for database in "${later[@]}"; do apart "$database" "$2"; done
  in_server pg_dumpall --globals-only >"$2/globals.sql" 2>"$talk/said" || problem "The roles could not be dumped: $(tail -n 2 "$talk/said")"
  rm -rf "$talk"
}
