#!/bin/bash
# postgres-watch.sh: each minute. Seals the WAL segments that are whole, and tells Prometheus whether WAL arrives, whether
# there is a gap in it, which databases are in the last backup, and what a backup could not hold. After a gap it has a base
# backup made; a receiver that runs and receives nothing it starts again; when the disk is full, what is old goes.
here=$(dirname "$0")
# shellcheck source=lib.sh
source "$here/lib.sh"
# shellcheck source=postgres-lib.sh
source "$here/postgres-lib.sh"
# shellcheck source=postgres-keep.sh
source "$here/postgres-keep.sh"

run() {
  local id known streaming=0 behind=0 flushed='' kind database last covered gap=0 since=0 spaces='' moments=() doubt unsealed=0
  id=$(in_server psql -XAtqc 'select system_identifier from pg_control_system()') || id=''
  known=$(cat "$root/cluster" 2>/dev/null || true)
  if [ -n "$known" ]; then
    HISTORY=$root/$known
    if narrow 1024; then
      say "Less than 1 GB is free in $root: what is older than homelab:backup.keepDays goes."
      leftovers
      # Nobody is waited for; and sealing has to go on, whatever comes of it.
      ID=$known KEEP_PATIENCE=0 try keep
    fi
    try seal
    unsealed=$tried
    if began_anew; then gap=1; fi
    since=$(anew_since)
  fi
  if [ -n "$id" ] && [ "$id" = "$known" ]; then
    IFS='|' read -r streaming behind flushed < <(in_server psql -XAtqc "select count(*), coalesce(max(pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_flush_lsn() end, flush_lsn)), 0), max(flush_lsn) from pg_stat_replication where application_name = 'homelab_backup' and state = 'streaming'") || true
    still_receiving "${streaming:-0}" "${behind:-0}" "$flushed"
    spaces=$(in_server psql -XAtqc "select count(*) from pg_tablespace where spcname not in ('pg_default', 'pg_global')")
  else
    rm -f "$notes/receiver"
  fi
  last=''
  if [ -n "$known" ]; then mapfile -t moments < <(began_all); fi
  doubt=$(clock_doubt "${moments[@]}")
  if [ -n "$known" ]; then last=$(backups dump | tail -n 1); fi
  {
    echo '# TYPE homelab_backup_wal_streaming gauge'
    echo "homelab_backup_wal_streaming ${streaming:-0}"
    echo '# TYPE homelab_backup_wal_behind_bytes gauge'
    echo "homelab_backup_wal_behind_bytes ${behind:-0}"
    echo '# TYPE homelab_backup_wal_gap gauge'
    echo "homelab_backup_wal_gap $gap"
    echo '# TYPE homelab_backup_wal_began_anew_timestamp_seconds gauge'
    echo "homelab_backup_wal_began_anew_timestamp_seconds $since"
    echo '# TYPE homelab_backup_foreign_cluster gauge'
    echo "homelab_backup_foreign_cluster $([ -z "$id" ] || [ "$id" = "${known:-$id}" ] && echo 0 || echo 1)"
    echo '# TYPE homelab_backup_tablespaces gauge'
    echo "homelab_backup_tablespaces ${spaces:-0}"
    echo '# TYPE homelab_backup_clock_trusted gauge'
    echo "homelab_backup_clock_trusted $([ -z "$doubt" ] && echo 1 || echo 0)"
    echo '# TYPE homelab_backup_covered gauge'
    if [ -n "$id" ]; then
      databases_there |
        while read -r kind database; do
          # What is left of one whose drop was cut short holds nothing that anybody can read.
          [ "$kind" != invalid ] || continue
          covered=0
          if [ -n "$last" ] && [ -e "$HISTORY/dump/$last/$(filename "$database").dump" ]; then covered=1; fi
          echo "homelab_backup_covered{kind=\"database\",name=\"$(label "$database")\"} $covered"
        done
    fi
    buckets_there |
      while IFS= read -r bucket; do
        echo "homelab_backup_covered{kind=\"bucket\",name=\"$bucket\"} $([ -e "$BACKUP_DIRECTORY/buckets.facts/$bucket" ] && echo 1 || echo 0)"
      done
  } | metrics backup_postgres
  if [ "$gap" = 1 ] && [ "$id" = "$known" ]; then close_gap "$since"; fi
  [ "$unsealed" = 0 ] || fail "The segments of WAL could not be sealed: the words are above."
}

# buckets_there: the object store's buckets, a line each, seen in its data. MinIO keeps a bucket as a directory; SeaweedFS (its
# metadata is in filerldb2) keeps volumes named after it, and none of a bucket that never held anything.
buckets_there() {
  local path
  if [ -d "$MINIO_DATA/filerldb2" ]; then
    for path in "$MINIO_DATA"/*_*.dat; do
      [ ! -e "$path" ] || basename "${path%_*}"
    done | sort -u
  else
    for path in "$MINIO_DATA"/*/; do
      [ ! -d "$path" ] || basename "$path"
    done
  fi
}

# leftovers: what jobs that were killed left half made. They take it away themselves, but not before they run again.
leftovers() {
  local kind container path
  while read -r kind container path; do
    for path in "$BACKUP_DIRECTORY"/$path; do
      if [ ! -e "$path" ] || ! lock "$kind.kind" exclusive 0; then continue; fi
      say "$path is left of a $kind that was cut short: it goes."
      if [ "$container" != - ]; then podman rm --force --time 0 "$container" >/dev/null 2>&1 || true; fi
      rm -rf --one-file-system -- "$path"
      unlock "$kind.kind"
    done
  done <<LEFT
postgres - postgres/$known/base/*.part
postgres - postgres/$known/dump/*.part
postgres-drill homelab-drill .drill
dump homelab-restore-dump .aside
from-off-node - .from-off-node
LEFT
}

# still_receiving STREAMING BEHIND LSN: the receiver's unit may be active and do nothing, after a full disk or a connection
# that was cut without a word: when for five minutes nothing has come that there is, it is started again.
still_receiving() {
  local now was='' since=0
  now="$1 $3"
  read -r since was 2>/dev/null <"$notes/receiver" || true
  if { [ "$1" != 0 ] && [ "$2" = 0 ]; } || [ "$now" != "$was" ] || [ "$since" -gt "$EPOCHSECONDS" ]; then
    printf '%s %s\n' "$EPOCHSECONDS" "$now" | write "$notes/receiver" || true
  elif [ $((EPOCHSECONDS - since)) -ge 300 ] && systemctl is-active --quiet homelab-backup-wal.service; then
    say "homelab-backup-wal.service is active, and has received nothing for $((EPOCHSECONDS - since)) s: it is started again."
    systemctl restart --no-block homelab-backup-wal.service
    printf '%s %s\n' "$EPOCHSECONDS" "$now" | write "$notes/receiver" || true
  fi
}

# anew_since: when the stretch of WAL that is written now began, if it is not the first; otherwise 0.
anew_since() {
  local moment
  moment=$(wal_now)
  moment=${moment#*/wal.from-}
  if [[ $moment =~ ^[0-9]{8}T[0-9]{6}Z$ ]]; then date -d "${moment:0:8} ${moment:9:2}:${moment:11:2}:${moment:13:2}Z" +%s; else echo 0; fi
}

# close_gap SINCE: has a base backup made, once an hour until there is one; a standby has to be primary first.
close_gap() {
  [ "$(in_server psql -XAtqc 'select pg_is_in_recovery()')" = f ] || return 0
  if [ "$(cat "$notes/gap" 2>/dev/null || true)" = "$1" ] && [ -n "$(find "$notes/gap" -mmin -60)" ]; then return 0; fi
  printf '%s\n' "$1" | write "$notes/gap" || true
  soon postgres
}

job watch run
