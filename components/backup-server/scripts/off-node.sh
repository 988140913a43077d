#!/bin/bash
# off-node.sh [wal]: everything that is collected here into the repository off this machine; with `wal` only what
# PostgreSQL wrote last.
here=$(dirname "$0")
# shellcheck source=lib.sh
source "$here/lib.sh"
# shellcheck source=restic-lib.sh
source "$here/restic-lib.sh"

ensure() {
  local status=0 name said
  said=$(off_node cat config 2>&1 >/dev/null) || status=$?
  case $status in
  0) return ;;
  10) ;;
  *) fail "The repository off this machine does not answer: $(tail -n 2 <<<"$said")" ;;
  esac
  name=$(repositories | sed -n 1p)
  # Pieces are cut alike in both, so that what is copied is not kept twice.
  if [ -n "$name" ]; then
    off_node init --from-repo "/backup/repository/$name" --copy-chunker-params >&2
  else
    off_node init >&2
  fi
}

# put TAG PATHS…: a snapshot; what could not be read is a warning that is told.
put() {
  local status=0 tag=$1
  shift
  off_node backup --quiet --host storage --tag "$tag" --skip-if-unchanged --exclude '*.part' "$@" >&2 || status=$?
  case $status in
  0) ;;
  3) say "WARNING: something changed while it was read; the next run takes it." ;;
  *) fail "restic failed with $status: its words are above." ;;
  esac
}

wal() {
  local id
  id=$(cat "$BACKUP_DIRECTORY/postgres/cluster" 2>/dev/null) || return 0
  ensure
  put wal --exclude "/backup/postgres/$id/base" --exclude "/backup/postgres/$id/dump" "/backup/postgres/$id" /backup/postgres/cluster
}

all() {
  local name paths=()
  ensure
  for name in postgres buckets buckets.facts cluster; do
    if [ -d "$BACKUP_DIRECTORY/$name" ]; then paths+=("/backup/$name"); fi
  done
  put collected "${paths[@]}"
  for name in $(repositories); do
    # Storage itself takes away what is too old: nodes cannot.
    restic -- --repo "/backup/repository/$name" forget --quiet --prune --keep-within "${KEEP_DAYS}d" --keep-weekly 8 --keep-monthly 12 >&2
    off_node copy --quiet --from-repo "/backup/repository/$name" >&2
  done
  if ! off_node forget --quiet --tag wal --keep-within 2d >&2 ||
    ! off_node forget --quiet --tag collected --tag files --prune --keep-within "${KEEP_DAYS}d" --keep-weekly 8 --keep-monthly 12 >&2; then
    say "WARNING: the repository off this machine does not let old snapshots be taken away: it does so itself, or it grows."
  fi
  off_node check --quiet >&2
}

case ${1:-} in
wal) job off-node-wal wal ;;
*) job off-node all ;;
esac
