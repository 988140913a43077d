#!/bin/bash
# postgres-watch.sh: each minute. Seals the WAL segments that are whole, and tells Prometheus whether WAL arrives, and
# which databases are in the last backup.
here=$(dirname "$0")
# shellcheck source=lib.sh
source "$here/lib.sh"
# shellcheck source=postgres-lib.sh
source "$here/postgres-lib.sh"

run() {
  local id known streaming=0 behind=0 database last covered
  id=$(in_server psql -XAtqc 'select system_identifier from pg_control_system()') || id=''
  known=$(cat "$root/cluster" 2>/dev/null || true)
  if [ -n "$known" ]; then
    HISTORY=$root/$known
    if [ -d "$HISTORY/wal" ]; then seal; fi
  fi
  if [ -n "$id" ] && [ "$id" = "$known" ]; then
    read -r streaming behind < <(in_server psql -XAtq -F ' ' -c "select count(*), coalesce(max(pg_wal_lsn_diff(pg_current_wal_flush_lsn(), flush_lsn)), 0) from pg_stat_replication where application_name = 'homelab_backup' and state = 'streaming'")
  fi
  last=''
  if [ -n "$known" ]; then last=$(backups dump | tail -n 1); fi
  {
    echo '# TYPE homelab_backup_wal_streaming gauge'
    echo "homelab_backup_wal_streaming ${streaming:-0}"
    echo '# TYPE homelab_backup_wal_behind_bytes gauge'
    echo "homelab_backup_wal_behind_bytes ${behind:-0}"
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
}

job watch run
