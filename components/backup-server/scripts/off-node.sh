#!/bin/bash
# off-node.sh [wal]: everything that is collected here into the repository off this machine; with `wal` only what
# PostgreSQL wrote last.
here=$(dirname "$0")
# shellcheck source=lib.sh
source "$here/lib.sh"
restic_as=off-node${1:+-$1}
# shellcheck source=off-node-lib.sh
source "$here/off-node-lib.sh"
# restic would try for a quarter of an hour, and a restore would wait for it.
answers_in_mesh || fail "The repository off this machine does not answer in the mesh, at ${OFF_NODE_IN_MESH/ / port }: nothing was copied."
# What another holds for moments is waited for; less than systemd lets the job take. A lock whose holder lost its power
# counts as nobody's after half an hour: a container cannot be asked whether the process of another one lives.
case ${1:-} in wal) wait=20m ;; *) wait=35m ;; esac

# there: does the repository answer? 10: it does not exist.
there() {
  local status=0 said
  said=$(off_node cat config --no-lock 2>&1 >/dev/null) || status=$?
  case $status in
  0 | 10) return "$status" ;;
  esac
  if [[ $said =~ "config or key "([0-9a-f]{64})" is damaged" ]]; then
    fail "The repository off this machine has a key that is not its own, or its configuration is damaged: nothing was copied. Two runs that create a repository at once leave such a key. On the machine that has it, move the file keys/${BASH_REMATCH[1]} of the repository aside, and run this again; if it stays so, move it back."
  fi
  fail "The repository off this machine does not answer: $(tail -n 2 <<<"$said")"
}

# ensure: the repository is there, and is created when it never was; by one run only, for two would each leave a key and
# one of them would fit nothing.
ensure() {
  local name said from=() status=0
  there || status=$?
  if [ "$status" = 0 ]; then return 0; fi
  lock off-node-create exclusive
  status=0
  there || status=$?
  if [ "$status" != 0 ]; then
    [ ! -e "$notes/off-node.cluster" ] ||
      fail "The repository off this machine is gone, or its disk is not mounted there: nothing was copied, and no new one was made. If it is to begin anew: rm $notes/off-node.cluster"
    name=$(repositories | sed -n 1p)
    # Pieces are cut alike in both, so that what is copied is not kept twice.
    if [ -n "$name" ]; then from=(--from-repo "/backup/repository/$name" --copy-chunker-params); fi
    said=$(FROM_KEY=${name:+$(key_of "$name")} off_node init "${from[@]}" 2>&1) ||
      not_created "The repository off this machine" "On the machine that has it" "$said"
    say "$said"
  fi
  unlock off-node-create
}

# same_cluster: what is there is of the cluster which is backed up here. That of a storage that was lost is not followed by
# that of a new and empty one before somebody has said so.
same_cluster() {
  local mine theirs
  mine=$(cat "$BACKUP_DIRECTORY/postgres/cluster" 2>/dev/null || true)
  [ -n "$mine" ] || return 0
  theirs=$(cat "$notes/off-node.cluster" 2>/dev/null || newest_cluster)
  if [ -n "$theirs" ] && [ "$theirs" != "$mine" ]; then
    refuse "The backups here are of the cluster $mine, and the newest off this machine of the cluster $theirs: nothing was copied. If this storage is a new one, get them back: npx homelab restore from-off-node. If the new cluster is what you want: npx homelab restore accept-cluster $mine"
  fi
}
# copied: noted once, so that a full disk here is nothing to a copy that was made.
copied() {
  local mine=$BACKUP_DIRECTORY/postgres/cluster note=$notes/off-node.cluster
  if [ -e "$mine" ] && ! cmp -s -- "$mine" "$note"; then write "$note" <"$mine"; fi
}

# put TAGS PATHS…: a snapshot; what could not be read is a warning that is told. 11: somebody has a lock for longer than
# is waited for; one that has not been renewed for half an hour has nobody.
put() {
  local status=0 tags=$1 try
  shift
  for try in 1 2; do
    status=0
    off_node backup --quiet --retry-lock "$([ "$try" = 1 ] && echo 10s || echo "$wait")" --host storage --tag "$tags" \
      --skip-if-unchanged --exclude '*.part' "$@" >&2 || status=$?
    if [ "$status" != 11 ]; then break; fi
    off_node unlock --quiet >&2 || true
  done
  case $status in
  0) ;;
  3) say "WARNING: something changed while it was read; the next run takes it." ;;
  11) say "The repository off this machine is locked by another run, and stays so: its words are above." && exit 11 ;;
  *) fail "restic failed with $status: its words are above." ;;
  esac
}

wal() {
  local id
  id=$(cat "$BACKUP_DIRECTORY/postgres/cluster" 2>/dev/null) || return 0
  ensure
  same_cluster
  try put "wal,cluster-$id" --exclude "/backup/postgres/$id/base" --exclude "/backup/postgres/$id/dump" "/backup/postgres/$id" /backup/postgres/cluster
  [ "$tried" = 0 ] || fail "Nothing was copied off this machine: the words are above."
  copied
}

# forget: what is too old there goes, while nobody else is at it.
forget() {
  unlock off-node
  lock off-node exclusive
  COPY=yes try retain off-node '' off_node
  [ "$tried" = 0 ] ||
    say "WARNING: the repository off this machine does not let old snapshots be taken away: it does so itself, or it grows."
  unlock off-node
  lock off-node shared
}

all() {
  local name id paths=() failed=()
  ensure
  same_cluster
  off_node unlock --quiet >&2 || true
  for name in postgres buckets buckets.facts cluster repository.seen; do
    if [ -d "$BACKUP_DIRECTORY/$name" ]; then paths+=("/backup/$name"); fi
  done
  id=$(cat "$BACKUP_DIRECTORY/postgres/cluster" 2>/dev/null || true)
  try put "collected${id:+,cluster-$id}" "${paths[@]}"
  if [ "$tried" != 0 ] && [ "$tried" != 11 ] && [ "${OFF_NODE_KEEPS:-}" = here ]; then
    # It may be full: what is too old makes room.
    say "What is too old there goes first; then it is tried once more."
    forget
    try put "collected${id:+,cluster-$id}" "${paths[@]}"
  fi
  [ "$tried" = 0 ] || fail "Nothing was copied off this machine: the words are above."
  copied
  for name in $(repositories); do
    # Those that a node made under its own name, and without its locks: it may leave one for ever.
    FROM_KEY=$(key_of "$name") off_node copy --quiet --no-lock --retry-lock "$wait" --host "$name" --from-repo "/backup/repository/$name" >&2 ||
      failed+=("$name")
  done
  if [ "${OFF_NODE_KEEPS:-}" = here ]; then forget; fi
  off_node check --quiet --retry-lock "$wait" >&2
  [ "${#failed[@]}" = 0 ] || fail "What ${failed[*]} backed up could not be copied off this machine: restic's words are above. All else was."
}

case ${1:-} in
# It gives up before systemd ends it.
wal) LOCK_PATIENCE=1200 job off-node-wal wal ;;
*) job off-node all ;;
esac
