#!/bin/bash
# restore.sh VERB…: what people do with backups; `npm run restore` calls it through SSH.
here=$(dirname "$0")
# shellcheck source=lib.sh
source "$here/lib.sh"
# shellcheck source=postgres-lib.sh
source "$here/postgres-lib.sh"
# shellcheck source=postgres-restore.sh
source "$here/postgres-restore.sh"

usage="Say one of: list; backup [--accept-smaller]; drill; buckets [--accept-smaller|restore]; cluster [list|restore NAME|latest]; off-node; from-off-node; postgres MOMENT|latest [HISTORY]; dump MOMENT|latest DATABASE [TABLE]; accept-cluster ID. A moment is written '2026-11-26 14:30:00+00'."
# There when the server has a standby.
pair=/etc/homelab/postgres/conf/pair.env
stamp=$(date -u +%Y%m%dT%H%M%SZ)

# choose [HISTORY]: that of the cluster which is backed up, or the one named.
choose() {
  local name=${1:-$(cat "$root/cluster" 2>/dev/null || true)}
  if [[ ! $name =~ ^[0-9]+(\.before-[0-9TZ]+)?$ ]] || [ ! -d "$root/$name" ]; then
    fail "There is no history ${name:-of PostgreSQL} in $root. What there is: npm run restore -- list"
  fi
  HISTORY=$root/$name
}

list() {
  local each folder
  for HISTORY in "$root"/[0-9]*; do
    [ -d "$HISTORY" ] || fail "There are no backups of PostgreSQL in $root yet."
    printf 'History %s%s\n' "${HISTORY##*/}" "$([ "${HISTORY##*/}" != "$(cat "$root/cluster")" ] || echo ', which is being written')"
    for each in $(backups base); do
      printf '  %s  %-11s  %8s MB  %s rows\n' "$each" "$([ -n "$(info "$HISTORY/base/$each" parent)" ] && echo incremental || echo full)" \
        "$(($(du -sb "$HISTORY/base/$each" | cut -f1) >> 20))" \
        "$(cat "$HISTORY/dump/$each"/facts/* 2>/dev/null | sed -n 's/.*"rows" : \([0-9]*\), "sum".*/\1/p' | awk '{ n += $1 } END { print n + 0 }')"
    done
    while read -r folder; do
      printf '  %s: %s segments of WAL; the last byte arrived %s\n' "${folder##*/}" "$(segments "$folder" | wc -l)" \
        "$(date -u -d "@$(find "$folder" -maxdepth 1 -name '0*' -printf '%Ts\n' | sort -n | tail -n 1)" '+%F %T+00' 2>/dev/null || echo never)"
    done < <(stretches "$HISTORY")
  done
}

# to MOMENT FOLDER: the cluster as it was then, running aside.
to() {
  local base wal gap
  base=$(newest_before "$1")
  wal=$(wal_of "$base")
  say "From the base backup $base, to ${1}."
  gap=$(after_gap "$wal")
  if [ "$1" = latest ] && [ -n "$gap" ]; then say "WARNING: $gap"; fi
  seal
  whole_chain "$base"
  wal_whole "$wal" "$(start_segment "$HISTORY/base/$base")"
  materialise "$base" "$2"
  if [ "$1" = latest ]; then recover "$2" "$wal" latest ''; else recover "$2" "$wal" recovery_target_time "$1"; fi
}

# swap MOMENT: in the place of the running cluster. Nothing is deleted: the former data and the history stay, renamed.
swap() {
  local new=$POSTGRES_DATA.restored began=$EPOCHSECONDS
  # What was stopped runs again, also when there was nothing to restore.
  trap 'end_restored; systemctl start postgres.service homelab-backup-wal.service' EXIT
  end_restored
  rm -rf --one-file-system -- "$new"
  if [ "$1" = latest ]; then
    # What was written last has to arrive: a server that is stopped waits until its WAL has been taken.
    systemctl stop postgres.service || true
  fi
  to "$1" "$new"
  in_restored psql -XAtqc checkpoint
  end_restored
  systemctl stop homelab-backup-wal.service postgres.service
  if [ -e "$POSTGRES_DATA" ]; then mv -T -- "$POSTGRES_DATA" "$POSTGRES_DATA.before-$stamp"; fi
  mv -T -- "$new" "$POSTGRES_DATA"
  cluster_of_history | write "$root/cluster" 644
  # From here on another past is written: the former one stays whole, beside it.
  if [ -d "$root/$(cat "$root/cluster")" ]; then mv -T -- "$root/$(cat "$root/cluster")" "$root/$(cat "$root/cluster").before-$stamp"; fi
  systemctl start postgres.service homelab-backup-wal.service
  say "PostgreSQL runs with what it held at ${1}, after $((EPOCHSECONDS - began)) s. What was there before is in $POSTGRES_DATA.before-$stamp, the backups until now in $root/$(cat "$root/cluster").before-$stamp; delete them when you are sure."
  say "Now: pulumi up --stack storage (it puts roles and passwords right). A first backup of what is there is made."
  if [ -e "$pair" ]; then
    say "The standby on $(sed -n 's/^PEER=//p' "$pair") has what was there before and cannot follow this; with synchronous replication no commit is answered until it does. Make it anew: npm run --silent rejoin -- $(sed -n 's/^PEER=//p' "$pair")"
  fi
  "$here/postgres-backup.sh"
  soon off-node
}

# dump MOMENT DATABASE [TABLE]: as it was then, into a file for pg_restore.
dump() {
  local folder=$BACKUP_DIRECTORY/.aside file options=()
  trap 'end_restored; rm -rf --one-file-system -- "$BACKUP_DIRECTORY/.aside"' EXIT
  end_restored
  rm -rf --one-file-system -- "$folder"
  mkdir -p "$BACKUP_DIRECTORY/restored"
  file=$BACKUP_DIRECTORY/restored/$(filename "$2")-$stamp.dump
  if [ -n "${3:-}" ]; then options=(--table "$3"); fi
  to "$1" "$folder"
  in_restored pg_dump --format custom --dbname "$(conninfo "$2")" "${options[@]}" | write "$file"
  printf '%s\n' "$file"
  say "To look into it: pg_restore --list; to bring it back (docs/runbooks/restore.md): podman exec -i --user postgres postgres pg_restore --dbname DATABASE <$file"
}

# from_off_node: all that was collected, out of the repository off this machine, onto an empty storage. What was collected
# here meanwhile stays: a history is in a folder of its own.
from_off_node() {
  local name known
  # shellcheck source=restic-lib.sh
  source "$here/restic-lib.sh"
  systemctl stop homelab-backup-wal.service homelab-backup-watch.timer homelab-backup-off-node-wal.timer
  # The buckets and base backups first, then the WAL that came after them: of the same cluster, for by now that of a new
  # and empty one may have been copied too.
  off_node restore latest --quiet --host storage --tag collected --target / >&2
  known=$(cat "$root/cluster")
  off_node restore latest --quiet --host storage --tag wal --path "/backup/postgres/$known" --target / >&2
  for name in $(off_node snapshots --json --tag files | grep -o '"hostname":"[a-z]*"' | cut -d'"' -f4 | sort -u); do
    mkdir -p "$BACKUP_DIRECTORY/repository/$name"
    [ -e "$BACKUP_DIRECTORY/repository/$name/config" ] || restic -- --repo "/backup/repository/$name" init --quiet >&2
    restic --secret homelab-backup-off-node,mode=0400 -- --repo "/backup/repository/$name" copy --quiet --host "$name" --tag files \
      --from-repository-file /run/secrets/homelab-backup-off-node >&2
  done
  systemctl start homelab-backup-watch.timer homelab-backup-off-node-wal.timer
  say "The backups are here again. Now: npm run restore -- postgres latest, npm run restore -- buckets restore."
}

accept_cluster() {
  history_id=$(in_server psql -XAtqc 'select system_identifier from pg_control_system()')
  [ "$history_id" = "$1" ] || fail "The running PostgreSQL is the cluster $history_id, not $1: nothing was changed."
  printf '%s\n' "$1" | write "$root/cluster" 644
  say "From now on the cluster $1 is backed up, into a history of its own; the former ones stay in $root."
}

case ${1:-} in
list) list ;;
backup) exec "$here/postgres-backup.sh" "${@:2}" ;;
buckets) exec "$here/buckets.sh" "${@:2}" ;;
cluster) exec "$here/cluster.sh" "${@:2}" ;;
off-node) exec "$here/off-node.sh" "${@:2}" ;;
from-off-node) from_off_node ;;
drill) exec "$here/postgres-drill.sh" ;;
postgres) choose "${3:-}" && swap "${2:?$usage}" ;;
dump) choose && dump "${2:?$usage}" "${3:?$usage}" "${4:-}" ;;
accept-cluster) accept_cluster "${2:?$usage}" ;;
*) fail "$usage" ;;
esac
