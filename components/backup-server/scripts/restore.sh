#!/bin/bash
# restore.sh VERB…: what people do with backups; `npx homelab restore` calls it through SSH.
here=$(dirname "$0")
# shellcheck source=lib.sh
source "$here/lib.sh"
# shellcheck source=postgres-lib.sh
source "$here/postgres-lib.sh"
verb=${1:-}
# shellcheck disable=SC2034 # for postgres-restore.sh: two that restore at once must not take each other's container
restored=homelab-restore-${verb:-none}
# shellcheck source=postgres-restore.sh
source "$here/postgres-restore.sh"
# shellcheck source=restore-lib.sh
source "$here/restore-lib.sh"

usage="Say one of: list; backup [--accept-smaller]; drill; buckets [--accept-smaller | list | restore [BUCKET] | restore-removed MOMENT [BUCKET]]; cluster [list|restore NAME|latest]; off-node; from-off-node [--snapshot NAME] [--yes]; postgres MOMENT|latest [HISTORY] [--base NAME] [--peer-is-gone] [--yes]; dump MOMENT|latest DATABASE [TABLE] [--base NAME]; accept-cluster ID; accept-clock. A moment is written with its zone: '2026-11-26 14:30:00+00'."
stamp=$(date -u +%Y%m%dT%H%M%SZ)
yes='' peer_gone='' base_wanted='' snapshot_wanted='' words=()
while [ $# -gt 0 ]; do
  case $1 in
  --yes) yes=yes ;;
  --peer-is-gone) peer_gone=yes ;;
  --base) base_wanted=${2:?$usage} && shift ;;
  --snapshot) snapshot_wanted=${2:?$usage} && shift ;;
  *) words+=("$1") ;;
  esac
  shift
done
set -- "${words[@]}"

# choose [HISTORY]: that of the cluster which is backed up, or the one named.
choose() {
  local name=${1:-$(cat "$root/cluster" 2>/dev/null || true)}
  if [[ ! $name =~ ^[0-9]+(\.before-[0-9TZ]+)?$ ]] || [ ! -d "$root/$name" ]; then
    fail "There is no history ${name:-of PostgreSQL} in $root. What there is: npx homelab restore list"
  fi
  HISTORY=$root/$name
}

list() {
  local each folder
  for HISTORY in "$root"/[0-9]*; do
    if [ ! -d "$HISTORY" ]; then
      say "There are no backups of PostgreSQL in $root yet."
      return
    fi
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

# list_off_node: what there is off this machine, when something is copied there.
list_off_node() {
  [ -n "${OFF_NODE_KEEPS:-}" ] || return 0
  # shellcheck disable=SC2034 # for restic-lib.sh
  restic_as=list
  # shellcheck source=from-off-node.sh
  source "$here/from-off-node.sh"
  local all
  all=$(listed) || return 0
  printf 'Off this machine (npx homelab restore from-off-node --snapshot NAME):\n'
  own collected <<<"$all" | described
  printf '  the newest WAL there was copied at %s; %s snapshots are of the files of %s\n' \
    "$(own wal <<<"$all" | tail -n 1 | cut -f 2)" "$(awk -F '\t' '$3 != "-"' <<<"$all" | wc -l)" \
    "$(awk -F '\t' '$3 != "-" { print $4 }' <<<"$all" | sort -u | paste -sd ' ')"
}

# to MOMENT FOLDER: the cluster as it was then, running aside, from the base backup $base.
to() {
  local wal gap
  wal=$(wal_of "$base")
  gap=$(after_gap "$wal")
  if [ "$1" = latest ] && [ -n "$gap" ]; then say "WARNING: $gap"; fi
  materialise "$base" "$2"
  if [ "$1" = latest ]; then recover "$2" "$wal" latest ''; else recover "$2" "$wal" recovery_target_time "$1"; fi
}

# show_swap MOMENT: what will be replaced, and with what.
show_swap() {
  local answers
  answers=$(in_server psql -XAtqc "select format('it answers, and holds %s in %s databases', pg_size_pretty(sum(pg_database_size(oid))), count(*)) from pg_database" 2>/dev/null || echo 'it does not answer')
  say "To be replaced: the cluster in $data; $answers. It will be set aside as $data.before-$stamp."
  say "By: the history ${HISTORY##*/} as it was at $(meant "$1"), from the base backup $base."
  say "Base backups that could be taken (--base NAME): $(candidates "$1" | paste -sd ' ')."
  say "Histories that could be taken: $(for each in "$root"/[0-9]*/; do basename "$each"; done | paste -sd ' ')."
}

# swap MOMENT: in the place of the running cluster. Nothing is deleted: the former data and the history stay, renamed.
swap() {
  local new=$POSTGRES_DATA/18/.restored began=$EPOCHSECONDS each
  leads_here
  movable
  exchanged "$data"
  mkdir -p "$POSTGRES_DATA/18"
  choose_base "$1"
  room "$POSTGRES_DATA/18" "$base"
  show_swap "$1"
  agreed
  # Whatever ends this, the server is there again, with what it had or with what was restored.
  trap 'set +e; end_restored; exchanged "$data"; systemctl start postgres.service homelab-backup-wal.service' EXIT
  end_restored
  rm -rf --one-file-system -- "$new"
  if [ "$1" = latest ]; then
    # What was written last has to arrive: a server that is stopped waits until its WAL has been taken.
    systemctl stop postgres.service || true
    seal
  fi
  to "$1" "$new"
  in_restored psql -XAtqc checkpoint
  end_restored
  systemctl stop homelab-backup-wal.service postgres.service
  if [ -e "$data" ]; then
    exchange "$new/18/docker" "$data"
    mv -T -- "$new/18/docker" "$data.before-$stamp"
  else
    mv -T -- "$new/18/docker" "$data"
  fi
  rm -rf --one-file-system -- "$new"
  sync -f "$POSTGRES_DATA/18"
  cluster_of_history | write "$root/cluster" 644
  # From here on another past is written: the former one stays whole, beside it.
  if [ -d "$root/$(cat "$root/cluster")" ]; then mv -T -- "$root/$(cat "$root/cluster")" "$root/$(cat "$root/cluster").before-$stamp"; fi
  systemctl start postgres.service homelab-backup-wal.service
  # What they remember is of the former one: Prefect would go on with its key, and read no secret of its own any more.
  for each in ${POSTGRES_CLIENTS:-}; do
    systemctl try-restart "$each" || say "$each does not start again: look at it with \`systemctl status $each\`."
  done
  say "PostgreSQL runs with what it held at ${1}, after $((EPOCHSECONDS - began)) s. What was there before is in $data.before-$stamp, the backups until now in $root/$(cat "$root/cluster").before-$stamp; delete them when you are sure."
  say "Now: pulumi up --stack storage (it puts roles and passwords right). A first backup of what is there is made."
  if [ -e "$pair" ]; then
    say "The standby on $(peer) has what was there before and cannot follow this; with synchronous replication no commit is answered until it does. Make it follow again: npx homelab rejoin $(peer)"
  fi
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
  choose_base "$1"
  room "$BACKUP_DIRECTORY" "$base"
  say "As it was at $(meant "$1"), from the base backup $base."
  to "$1" "$folder"
  in_restored pg_dump --format custom --dbname "$(conninfo "$2")" "${options[@]}" | write "$file"
  printf '%s\n' "$file"
  say "To look into it: pg_restore --list; to bring it back, as the database's owner and not as the superuser, whose rights its code would have: docs/runbooks/restore.md"
}

accept_cluster() {
  history_id=$(in_server psql -XAtqc 'select system_identifier from pg_control_system()')
  [ "$history_id" = "$1" ] || fail "The running PostgreSQL is the cluster $history_id, not $1: nothing was changed."
  printf '%s\n' "$1" | write "$root/cluster" 644
  # The copy off this machine follows, too.
  if [ -n "${OFF_NODE_KEEPS:-}" ]; then printf '%s\n' "$1" | write "$notes/off-node.cluster"; fi
  say "From now on the cluster $1 is backed up, into a history of its own; the former ones stay in $root."
}

case $verb in
list) list && list_off_node ;;
backup) exec "$here/postgres-backup.sh" "${@:2}" ;;
buckets) exec "$here/buckets.sh" "${@:2}" ;;
cluster) exec "$here/cluster.sh" "${@:2}" ;;
off-node) exec "$here/off-node.sh" "${@:2}" ;;
from-off-node)
  # shellcheck source=from-off-node.sh
  source "$here/from-off-node.sh"
  alone from-off-node from_off_node
  ;;
drill) exec "$here/postgres-drill.sh" ;;
postgres)
  at=$(moment "${2:?$usage}")
  choose "${3:-}"
  alone restore swap "$at"
  # With the locks gone: it takes its own.
  "$here/postgres-backup.sh"
  soon off-node
  ;;
dump)
  at=$(moment "${2:?$usage}")
  choose
  alone dump dump "$at" "${3:?$usage}" "${4:-}"
  ;;
accept-clock)
  choose
  mapfile -t moments < <(began_all)
  accept_clock "${moments[@]}"
  ;;
accept-cluster) alone accept-cluster accept_cluster "${2:?$usage}" ;;
*) fail "$usage" ;;
esac
