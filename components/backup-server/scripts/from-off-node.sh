# shellcheck shell=bash disable=SC2154
# from-off-node.sh: what storage copied off this machine comes back, onto a storage that was lost. Sourced by restore.sh.
# shellcheck disable=SC2034 # for restic-lib.sh
restic_as=${restic_as:-restore} or_by_lan=yes
# shellcheck source=off-node-lib.sh
source "$here/off-node-lib.sh"
staged=$BACKUP_DIRECTORY/.from-off-node

# listed: what snapshots_of says of the copy, or a sentence.
listed() { snapshots_of off_node || fail "The repository off this machine does not answer: its words are above. Nothing was changed, nothing was stopped."; }

# described: lines of `own collected` for people, newest last.
described() {
  local id time tags bytes files
  while IFS=$'\t' read -r id time _ _ tags bytes files; do
    printf '  %s  %s  cluster %s  %s MB, %s files\n' "${id:0:8}" "$(date -u -d "$time" '+%F %T+00')" "$(cluster_in "$id" "$tags")" \
      "$([ "$bytes" = - ] && echo '?' || echo $((bytes >> 20)))" "${files/-/?}"
  done
}

# chosen_snapshot LIST: sets id, time, of (its cluster). The newest, when all that were collected are of one cluster: the
# first copy after storage was lost may be one of a new and empty cluster, and then a person says which it is.
chosen_snapshot() {
  local collected tags each clusters
  collected=$(own collected <<<"$1")
  [ -n "$collected" ] || fail "There is nothing of storage's in the repository off this machine. Nothing was changed."
  if [ -n "$snapshot_wanted" ]; then
    [[ $snapshot_wanted =~ ^[0-9a-f]{8,64}$ ]] || fail "'$snapshot_wanted' is no snapshot: npx homelab restore list shows their names."
    collected=$(grep "^$snapshot_wanted" <<<"$collected") || fail "There is no snapshot $snapshot_wanted of what was collected: npx homelab restore list shows all."
  else
    clusters=$(while IFS=$'\t' read -r each _ _ _ tags _; do cluster_in "$each" "$tags"; done <<<"$collected" | sort | uniq -c)
    if [ "$(wc -l <<<"$clusters")" -gt 1 ]; then
      described <<<"$collected" >&2
      refuse "What was copied is of several clusters of PostgreSQL, so the newest may be of one that was made new and empty. Say which it shall be: npx homelab restore from-off-node --snapshot NAME, with a name from above. Nothing was changed."
    fi
  fi
  IFS=$'\t' read -r id time _ _ tags _ < <(tail -n 1 <<<"$collected")
  of=$(cluster_in "$id" "$tags")
  [[ $of =~ ^[0-9]+$ ]] || fail "The snapshot ${id:0:8} does not say of which cluster it is. Nothing was changed."
}

# wal_after LIST: the newest WAL of that cluster that was copied after that; with --snapshot it may end in a gap.
wal_after() {
  local each at tags
  while IFS=$'\t' read -r each at _ _ tags _; do
    [ "$(epoch "$at")" -ge "$(epoch "$time")" ] || return 0
    if [ "$(cluster_in "$each" "$tags")" = "$of" ]; then
      printf '%s\n' "$each"
      return
    fi
  done < <(own wal <<<"$1" | tac)
}

# into_place NAME: what was fetched, in the place of what is there, which stays beside it.
into_place() {
  local from=$staged/$1 to=$BACKUP_DIRECTORY/$1
  [ -e "$from" ] || return 0
  mkdir -p "${to%/*}"
  if [ -d "$to" ] && [ -n "$(find "$to" -type f -print -quit)" ]; then
    mv -T -- "$to" "$to.before-$stamp"
    say "What was in $to is in $to.before-$stamp now."
  fi
  rm -rf --one-file-system -- "$to"
  mv -T -- "$from" "$to"
}

# fetchable LIST: what is fetched is beside what is here until it is whole.
fetchable() {
  local need free
  need=$(awk -F '\t' -v id="$id" '$1 == id && $6 ~ /^[0-9]+$/ { print $6 }' <<<"$1")
  free=$(free_bytes)
  [ "$free" -gt "$((${need:-0} + (512 << 20)))" ] ||
    fail "What is to be fetched has $((${need:-0} >> 20)) MB, and the disk of $BACKUP_DIRECTORY has $((free >> 20)) MB left: WAL that arrives meanwhile would find no room. Nothing was changed. Make that disk larger, or take away what earlier restores set aside: $(find "$BACKUP_DIRECTORY" -maxdepth 2 -name '*.before-*' 2>/dev/null | paste -sd ' ')"
}

from_off_node() {
  local list id time of wal each name names
  list=$(listed)
  chosen_snapshot "$list"
  wal=$(wal_after "$list")
  say "Chosen is the snapshot ${id:0:8} of $(date -u -d "$time" '+%F %T+00'), of the cluster $of, with the WAL that was copied after it (${wal:0:8}). Of all that there are:"
  own collected <<<"$list" | tail -n 10 | described >&2
  each=$(cat "$root/cluster" 2>/dev/null || true)
  if [ -n "$each" ] && [ "$each" != "$of" ]; then say "This machine has backed up the cluster $each meanwhile: that history stays, and is not written any more."; fi
  if [ -d "$root/$of" ]; then say "There is a history of the cluster $of here: it will be set aside."; fi
  agreed
  rm -rf --one-file-system -- "$staged"
  fetchable "$list"
  # Aside first: while this goes on, or when it fails, nothing is stopped and nothing is changed; half of it takes no room.
  trap 'rm -rf --one-file-system -- "$staged"' EXIT
  off_node restore --no-lock --quiet "$id:/backup" --target /backup/.from-off-node >&2
  if [ -n "$wal" ]; then off_node restore --no-lock --quiet "$wal:/backup/postgres/$of" --target "/backup/.from-off-node/postgres/$of" >&2; fi
  [ "$(cat "$staged/postgres/$of/../cluster" 2>/dev/null)" = "$of" ] ||
    fail "What was fetched is not whole. Nothing was changed."
  trap back EXIT
  systemctl stop homelab-backup-wal.service homelab-backup-watch.timer homelab-backup-off-node-wal.timer
  for each in "$staged/postgres"/*/; do into_place "postgres/$(basename "$each")"; done
  for each in buckets buckets.facts cluster repository.seen; do into_place "$each"; done
  write "$root/cluster" 644 <"$staged/postgres/cluster"
  write "$notes/off-node.cluster" <"$staged/postgres/cluster"
  rm -rf --one-file-system -- "$staged"
  mapfile -t names < <(awk -F '\t' '$3 != "-" && $4 ~ /^[a-z]+$/ { print $4 }' <<<"$list" | sort -u)
  for name in "${names[@]}"; do repository_back "$name" "$list"; done
  say "The backups are here again. Now: npx homelab restore postgres latest, npx homelab restore buckets restore."
}

# repository_back NAME LIST: a node's own repository, of which each snapshot is as old as it says: nobody knows better now. What
# storage collected is storage's, too, and belongs into none.
repository_back() {
  local name=$1 path=/backup/repository/$1 id time copies
  mapfile -t copies < <(awk -F '\t' -v name="$name" '$3 != "-" && $4 == name { print $1 }' <<<"$2")
  mkdir -p "$BACKUP_DIRECTORY/repository/$name" "$SEEN_DIRECTORY"
  # A run before this one may have been stopped in the middle of it.
  never_whole "$name" 0
  [ -e "$BACKUP_DIRECTORY/repository/$name/config" ] || KEY=$(key_of "$name") restic -- --repo "$path" init --quiet >&2
  KEY=$(key_of "$name") FROM_KEY=$main_key restic "${off_node_secrets[@]}" -- --repo "$path" copy --quiet \
    --from-repository-file "/run/secrets/$off_node_at" "${copies[@]}" >&2
  snapshots_of here "$name" | while IFS=$'\t' read -r id time _; do
    grep -q "^$id " "$SEEN_DIRECTORY/$name" 2>/dev/null || printf '%s %s\n' "$id" "$(epoch "$time")" >>"$SEEN_DIRECTORY/$name"
  done
}

# back: whatever ended this, what it stopped runs again.
back() {
  set +e
  systemctl start homelab-backup-wal.service homelab-backup-watch.timer homelab-backup-off-node-wal.timer
}
