# shellcheck shell=bash disable=SC2154
# off-node-lib.sh: what storage put into the repository off this machine. Sourced after lib.sh.
# shellcheck source=restic-lib.sh
source "${BASH_SOURCE[0]%/*}/restic-lib.sh"

# own KIND: the lines of snapshots_of that storage itself made of KIND (collected or wal), oldest first. What was copied
# from a node's repository says what it is a copy of, whatever its tags say.
own() { awk -F '\t' -v kind="$1" '$3 == "-" && ("," $5 ",") ~ ("," kind ",")' | sort -t "$(printf '\t')" -k2,2; }

# cluster_in ID TAGS: the cluster of which a snapshot of what was collected is.
cluster_in() {
  local tags=,$2,
  if [[ $tags =~ ,cluster-([0-9]+), ]]; then
    printf '%s\n' "${BASH_REMATCH[1]}"
  else
    # One of an earlier version of these scripts.
    off_node dump --no-lock "$1" /backup/postgres/cluster 2>/dev/null || true
  fi
}

# newest_cluster: of which cluster the newest is that was collected; nothing when there is none.
newest_cluster() {
  local id tags
  IFS=$'\t' read -r id _ _ _ tags _ < <(snapshots_of off_node | own collected | tail -n 1) || return 0
  cluster_in "$id" "$tags"
}
