#!/bin/bash
# wal.sh PORT: runs in a container of the server's image, as its system user. Receives WAL as it is written and puts it
# on the backup's disk. Asks at each connection which cluster that is; another than the history's gets nothing.
set -euo pipefail
shopt -s inherit_errexit
umask 077
export LC_ALL=C
# shellcheck source=wal-lib.sh
source "$(dirname "$0")/wal-lib.sh"
port=$1 slot=homelab_backup
PGPASSWORD=$(cat /run/secrets/homelab-postgres-superuser)
export PGPASSWORD PGHOST=127.0.0.1 PGPORT="$port" PGUSER=postgres PGDATABASE=postgres PGCONNECT_TIMEOUT=5
# Bash as first process of a container has no default handler: a stop would wait for its time limit.
trap 'kill "${child:-}" 2>/dev/null; exit 0' TERM INT
pause() {
  sleep "$1" &
  child=$!
  wait "$child" || true
}
sql() { psql -XAtqwc "$1"; }

# into HISTORY: the folder of the last stretch.
into() {
  [ -n "$(stretches "$1")" ] || { mkdir -p "$1/wal" && sync "${1%/*}" "$1"; }
  stretches "$1" | tail -n 1
}

# lost FOLDER: why the server will never send what would go on with FOLDER; nothing when it may. Fails, or says nothing,
# when the server does not answer.
lost() {
  local timeline number server lsn history answer segment
  read -r timeline number <<<"$(goes_on "$1")"
  if [ -z "$timeline" ]; then
    echo "the WAL that the slot $slot kept cannot be sent"
    return
  fi
  answer=$(psql -XAtqwc IDENTIFY_SYSTEM 'replication=true') || return 1
  IFS='|' read -r _ server lsn _ <<<"$answer"
  history=$(sql "select pg_read_file(format('pg_wal/%s.history', lpad(upper(to_hex($server)), 8, '0')), true)") || return 1
  answer=$(asked_for "$timeline" "$number" "$server" "$lsn" "$history")
  case $answer in
  'segment '*)
    segment=${answer#segment }
    [ "$(sql "select (pg_stat_file('pg_wal/$segment', true)).size is null")" != t ] ||
      echo "it has removed the segment $segment, which comes next"
    ;;
  # A standby comes that far, sooner or later.
  ahead) [ "$(sql 'select pg_is_in_recovery()')" != f ] || echo "its WAL ends at $lsn, before the end of what was received" ;;
  'forked '*) printf '%s\n' "${answer#forked }" ;;
  esac
}

# mend FOLDER: a segment that was begun on a full disk, or when the power went, may have any length; pg_receivewal ends at the
# sight of it, each time. It is received anew from its beginning, so the piece is set aside; not one without a byte of WAL,
# which is what a full disk leaves at every try: together they would take all room that anybody makes.
mend() {
  local path size
  for path in "$1"/*.partial "$1"/*.partial.cut-*; do
    [ -e "$path" ] || continue
    size=$(stat -c %s "$path")
    if [ "$size" = "$segment_bytes" ] || { [ "$size" = 0 ] && [[ $path = *.partial ]]; }; then continue; fi
    if cmp -s -n "$size" "$path" /dev/zero; then
      rm -f -- "$path"
    elif [[ $path = *.partial ]]; then
      mv -T "$path" "$path.cut-$(date -u +%Y%m%dT%H%M%SZ)"
      echo "${path##*/} has $size bytes: it was cut short, is set aside and received anew." >&2
    fi
  done
}

drop_slot() { # CONDITION
  sql "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '$slot' and not active and $1" >/dev/null
}

# begin_anew HISTORY FOLDER WHY: another stretch, from what the server still has. Nothing is deleted: what was received
# stays in FOLDER, for the base backups before it. An empty stretch needs no other.
begin_anew() {
  local next
  # It was moved to what cannot be sent, by asking for that.
  drop_slot true || return 0
  [ -n "$(goes_on "$2")" ] || return 0
  next=$1/wal.from-$(date -u +%Y%m%dT%H%M%SZ)
  mkdir "$next"
  sync "$1"
  echo "The server cannot go on with the WAL in ${2##*/}: $3. What follows is received into ${next##*/}; between the two there may be a gap, and a base backup has to follow." >&2
}

said='' tries=0
while :; do
  if id=$(sql 'select system_identifier from pg_control_system()'); then
    known=$(cat /backup/cluster 2>/dev/null || true)
    if [ -z "$known" ]; then
      printf '%s\n' "$id" >/backup/.cluster.new
      chmod 644 /backup/.cluster.new
      sync /backup/.cluster.new
      mv /backup/.cluster.new /backup/cluster
      sync /backup
      known=$id
    fi
    if [ "$known" = "$id" ]; then
      said=''
      folder=$(into "/backup/$id")
      mend "$folder" || true
      # One that was lost keeps nothing, and cannot be used.
      drop_slot "wal_status = 'lost'" || true
      pg_receivewal --no-password --slot "$slot" --create-slot --if-not-exists --directory "$folder" || true
      # --no-loop: who answers at the next connection is looked at again.
      PGAPPNAME=$slot pg_receivewal --no-password --no-loop --synchronous --slot "$slot" --directory "$folder" &
      child=$!
      wait "$child" || true
      # Only what stays so is lost: a server that has just been started may say less than it will in a moment.
      if why=$(lost "$folder") && [ -n "$why" ]; then tries=$((tries + 1)); else tries=0; fi
      if [ "$tries" -ge 5 ]; then
        begin_anew "/backup/$id" "$folder" "$why" || true
        tries=0
      fi
    elif [ "$said" != "$id" ]; then
      said=$id
      echo "The running PostgreSQL is the cluster $id, but the backups are of the cluster $known: no WAL is received. If the new cluster is what you want: npx homelab restore accept-cluster $id" >&2
    fi
  fi
  pause 2
done
