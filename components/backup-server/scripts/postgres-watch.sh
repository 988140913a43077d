#!/bin/bash
# postgres-watch.sh: each minute. Seals the WAL segments that are whole, and tells Prometheus whether WAL arrives, whether
# there is a gap in it, and which databases are in the last backup. After a gap it has a base backup made.
here=$(dirname "$0")
# shellcheck source=lib.sh
source "$here/lib.sh"
# shellcheck source=postgres-lib.sh
source "$here/postgres-lib.sh"

run() {
  local id known streaming=0 behind=0 database last covered gap=0 since=0
  id=$(in_server psql -XAtqc 'select system_identifier from pg_control_system()') || id=''
  known=$(cat "$root/cluster" 2>/dev/null || true)
  if [ -n "$known" ]; then
    HISTORY=$root/$known
    seal
    if began_anew; then gap=1; fi
    since=$(anew_since)
  fi
  if [ -n "$id" ] && [ "$id" = "$known" ]; then
    read -r streaming behind < <(in_server psql -XAtq -F ' ' -c "select count(*), coalesce(max(pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_flush_lsn() end, flush_lsn)), 0) from pg_stat_replication where application_name = 'homelab_backup' and state = 'streaming'")
  fi
  last=''
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
    echo '# TYPE homelab_backup_covered gauge'
    if [ -n "$id" ]; then
      in_server psql -XAtqc 'select datname from pg_database where datallowconn and not datistemplate order by datname' |
        while IFS= read -r database; do
          covered=0
          if [ -n "$last" ] && [ -e "$HISTORY/dump/$last/$(filename "$database").dump" ]; then covered=1; fi
          echo "homelab_backup_covered{kind=\"database\",name=\"$(label "$database")\"} $covered"
        done
    fi
    # MinIO keeps a bucket as a directory.
    for bucket in "$MINIO_DATA"/*/; do
      if [ -d "$bucket" ]; then
        bucket=$(basename "$bucket")
        echo "homelab_backup_covered{kind=\"bucket\",name=\"$bucket\"} $([ -e "$BACKUP_DIRECTORY/buckets.facts/$bucket" ] && echo 1 || echo 0)"
      fi
    done
  } | metrics backup_postgres
  if [ "$gap" = 1 ] && [ "$id" = "$known" ]; then close_gap "$since"; fi
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
  printf '%s\n' "$1" | write "$notes/gap"
  soon postgres
}

job watch run
