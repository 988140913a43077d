#!/bin/bash
# keep.sh: takes out of the repositories on this machine what is older than is kept. Whoever fills them can only add.
here=$(dirname "$0")
# shellcheck source=lib.sh
source "$here/lib.sh"
restic_as=keep
# shellcheck source=restic-lib.sh
source "$here/restic-lib.sh"
# A file that holds room on the disk: without any, restic cannot write the lock and the index with which it makes room.
reserve=$BACKUP_DIRECTORY/.reserve reserve_bytes=$((64 << 20))

avail() { df --output=avail -B1 -- "$BACKUP_DIRECTORY" | tail -n 1; }

run() {
  local name failed=()
  for name in $(repositories); do
    free_stale "$name"
    # One that a node made unreadable is no reason to keep everything of the others.
    if ! one "$name"; then failed+=("$name"); fi
  done
  if [ ! -e "$reserve" ] && [ "$(avail)" -gt $((4 * reserve_bytes)) ]; then fallocate -l "$reserve_bytes" -- "$reserve" || rm -f -- "$reserve"; fi
  du -sb "$repositories" | cut -f1 | write "$notes/keep.bytes"
  [ "${#failed[@]}" = 0 ] || fail "Nothing could be taken out of ${failed[*]}: restic's words are above."
}

# one NAME: as a process of its own, so that a failure in it ends it, and nothing else.
one() { "$BASH" "$0" --only "$1"; }

case ${1:-} in
--only) retain "$2" "$repositories/$2/snapshots" here "$2" ;;
*)
  # Before anything is written, a lock of its own among it.
  if [ "$(avail)" -lt "$reserve_bytes" ]; then rm -f -- "$reserve"; fi
  job keep run
  ;;
esac
