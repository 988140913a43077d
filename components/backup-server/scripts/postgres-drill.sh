#!/bin/bash
# postgres-drill.sh: restores the newest backup in both its forms into a container without a network, and compares what
# is there with what was recorded when it was made. Fails when anything at all is not as it was.
here=$(dirname "$0")
# shellcheck source=lib.sh
source "$here/lib.sh"
# shellcheck source=postgres-lib.sh
source "$here/postgres-lib.sh"
# shellcheck disable=SC2034 # postgres-restore.sh works in it
restored=homelab-drill
# shellcheck source=postgres-restore.sh
source "$here/postgres-restore.sh"

scratch=$BACKUP_DIRECTORY/.drill
# shellcheck disable=SC2329 # called by trap
clean() {
  end_restored
  rm -rf --one-file-system -- "$scratch"
}

# physical NAME: the base backup and what it builds on, and WAL to the moment that is known of it, or to the end.
physical() {
  local found base=$1
  wal_whole "$(wal_of "$1")" "$(start_segment "$HISTORY/base/$1")"
  whole_chain "$1"
  fits base "$1"
  materialise "$1" "$scratch/base"
  if [ -e "$HISTORY/dump/$1/info" ]; then
    recover "$scratch/base" "$(wal_of "$1")" recovery_target_name "$1"
    found=$(holds "$HISTORY/dump/$1" base)
    say "Base backup $1 and WAL up to its moment: $found, all as recorded."
  else
    recover "$scratch/base" "$(wal_of "$1")" latest ''
    say "Base backup $1 and WAL to the end: it starts; what it must hold is not recorded, for there is no dump of the same moment."
  fi
  end_restored
}

# logical NAME: the roles and every dump, into a new cluster.
logical() {
  local found needed
  (cd "$HISTORY/dump/$1" && sha256sum --quiet --check sums >&2) || fail "The dump $1 is damaged: $HISTORY/dump/$1."
  fits dump "$1"
  install -d -m 755 "$scratch/dump"
  chown "$owner" "$scratch/dump"
  mapfile -t needed < <(preloaded "$1")
  served "$scratch/dump" --env POSTGRES_HOST_AUTH_METHOD=trust --env POSTGRES_INITDB_ARGS="$POSTGRES_INITDB" -- "${needed[@]}" \
    -c fsync=off -c max_locks_per_transaction=256
  # shellcheck disable=SC2016 # for the inner shell
  timeout 120 bash -c 'until podman logs "$0" 2>&1 | grep -q "init process complete" && podman exec --user postgres "$0" psql -XAtqc "select 1" >/dev/null 2>&1; do sleep 0.3; done' "$restored" ||
    fail "A new PostgreSQL did not start: $(podman logs "$restored" 2>&1 | tail -n 5)"
  restore_dump "$HISTORY/dump/$1" in_restored
  found=$(holds "$HISTORY/dump/$1" dump)
  say "Dump $1: $found, all as recorded."
  end_restored
}

# fits FORM NAME: the backup's own disk must take a restored one without being full: WAL arrives there meanwhile.
fits() {
  local need=$((512 << 20)) free each
  for each in $(if [ "$1" = base ]; then chain "$2"; else echo "$2"; fi); do need=$((need + $(du -sb -- "$HISTORY/$1/$each" | cut -f 1))); done
  # A dump is packed, about five to one, and has no indexes: what the base backup of the same moment takes says more.
  if [ "$1" = dump ] && [ -e "$HISTORY/base/$2/info" ]; then
    each=$(chain "$2" | sed -n 1p)
    need=$(((512 << 20) + $(du -sb -- "$HISTORY/base/$each" | cut -f 1)))
  elif [ "$1" = dump ]; then
    need=$(((need - (512 << 20)) * 5 + (512 << 20)))
  fi
  free=$(free_bytes)
  [ "$free" -gt "$need" ] ||
    fail "The $1 $2 was not restored: that needs about $((need >> 20)) MB on the disk of $BACKUP_DIRECTORY, which has $((free >> 20)) MB left, and WAL that arrives would find no room. Make that disk larger."
}

# restore_dump FOLDER RUN: roles, then every database, into the new cluster whose programs RUN runs. One that fails is named
# when the others have been tried.
restore_dump() {
  local file failed=''
  # The superuser is there already, and no tablespace is wanted; everything else must go through.
  grep -vE '^CREATE ROLE postgres;$|^(CREATE|ALTER) TABLESPACE ' "$1/globals.sql" | "$2" psql -XAtq -v ON_ERROR_STOP=1 >/dev/null ||
    failed+=' the roles'
  for file in "$1"/*.dump; do
    [ -e "$file" ] || continue
    if [ "${file##*/}" = postgres.dump ]; then
      "$2" pg_restore --exit-on-error --no-tablespaces --clean --if-exists --dbname postgres <"$file" || failed+=" postgres"
    else
      "$2" pg_restore --exit-on-error --no-tablespaces --create --dbname postgres <"$file" || failed+=" $(basename "${file%.dump}")"
    fi
  done
  [ -z "$failed" ] || fail "Of the dump $1 this could not be restored:$failed."
}

# whole FORM NAME: is it as it was written, byte by byte?
whole() {
  if [ "$1" = base ]; then
    whole_chain "$2" && wal_whole "$(wal_of "$2")" "$(start_segment "$HISTORY/base/$2")"
  else
    (cd "$HISTORY/dump/$2" && sha256sum --quiet --check sums)
  fi
}

# older FORM NAME: the newest before it that is whole, for people.
older() {
  local each
  for each in $(backups "$1" | tac | sed "1,/^$2\$/d"); do
    try whole "$1" "$each" >/dev/null 2>&1
    if [ "$tried" = 0 ]; then
      if [ "$1" = base ]; then
        printf '%s' "The base backup $each before it is whole, and so is the WAL after it: a restore takes it (--base $each). Make a new one: npx homelab restore backup"
      else
        printf '%s' "The dump $each before it is whole: $HISTORY/dump/$each. Make a new one: npx homelab restore backup"
      fi
      return
    fi
  done
  printf '%s' "None of the ${1/base/base backup}s before it is whole. Make a new one now: npx homelab restore backup"
}

# cluster_whole: the copies of K3s' state are as they were written.
cluster_whole() {
  local copy damaged=''
  for copy in "$BACKUP_DIRECTORY"/cluster/*/*/; do
    copy=${copy%/}
    if [ ! -e "$copy/info" ] || [[ $copy = *.part ]]; then continue; fi
    if ! (cd "$copy" && sha256sum --quiet --check sums >&2); then damaged+=" ${copy#"$BACKUP_DIRECTORY/cluster/"}"; fi
  done
  [ -z "$damaged" ] || fail "These copies of the cluster's state are damaged:$damaged. The others are whole: npx homelab restore cluster list"
}

# Each form by itself: what is wrong with one says nothing of the other.
run() {
  local base dump wrong=''
  HISTORY=$root/$(cat "$root/cluster" 2>/dev/null || fail "There is no backup of PostgreSQL in $root.")
  trap clean EXIT
  clean
  mkdir -p "$scratch"
  base=$(backups base | tail -n 1)
  dump=$(backups dump | tail -n 1)
  seal
  if [ -e "$BACKUP_DIRECTORY/buckets.facts/.sums" ]; then
    try mirror_whole
    if [ "$tried" = 0 ]; then
      say "Buckets: $(wc -l <"$BACKUP_DIRECTORY/buckets.facts/.sums") objects, all as mirrored."
    else
      say "The mirror of the buckets is damaged: the names above, in $BACKUP_DIRECTORY/buckets."
      wrong+=' the mirror of the buckets,'
    fi
  fi
  if [ -n "$base" ]; then try physical "$base"; else say "There is no base backup in $HISTORY/base." && tried=1; fi
  if [ "$tried" != 0 ]; then
    wrong+=" the base backup $base,"
    say "$(older base "$base")"
  fi
  end_restored
  rm -rf --one-file-system -- "$scratch/base"
  if [ -n "$dump" ]; then try logical "$dump"; else say "There is no dump in $HISTORY/dump." && tried=1; fi
  if [ "$tried" != 0 ]; then
    wrong+=" the dump $dump,"
    say "$(older dump "$dump")"
  fi
  if [ -d "$BACKUP_DIRECTORY/cluster" ]; then
    try cluster_whole
    if [ "$tried" != 0 ]; then wrong+=' a copy of the state of the cluster of K3s,'; fi
  fi
  [ -z "$wrong" ] || fail "This drill failed for${wrong%,}: the words are above."
  du -sb "$scratch" | cut -f1 | counted postgres-drill
}

job postgres-drill run
