#!/bin/bash
# postgres-backup.sh [--accept-smaller]: one base backup (full, or what changed since the last one), and a dump of every
# database and of the roles, with what each table holds at one moment, which both forms can be compared with.
here=$(dirname "$0")
# shellcheck source=lib.sh
source "$here/lib.sh"
# shellcheck source=postgres-lib.sh
source "$here/postgres-lib.sh"
# shellcheck source=postgres-snapshot.sh
source "$here/postgres-snapshot.sh"

accept=''
if [ "${1:-}" = --accept-smaller ]; then accept=yes; fi
name=$(date -u +%Y%m%dT%H%M%SZ)

# kind: prints the backup to build on, or nothing for a full one.
parent() {
  local last full
  last=$(backups base | tail -n 1)
  [ -n "$last" ] || return 0
  full=$(chain "$last" | sed -n 1p)
  [ $(($(date +%s) - $(info "$HISTORY/base/$full" began))) -lt $((FULL_EVERY_DAYS * 86400 - 3600)) ] || return 0
  # What the server has forgotten it cannot build on; and a gap in WAL ends what can be built on.
  begins_in "$(wal_now)" "$full" || return 0
  (wal_whole "$(wal_now)" "$(start_segment "$HISTORY/base/$full")") || return 0
  printf '%s\n' "$last"
}

# base PARENT: takes it into $HISTORY/base/$name.part.
base() {
  local options=()
  if [ -n "$1" ]; then options=("--incremental=/backup/$ID/base/$1/data/backup_manifest"); fi
  # shellcheck disable=SC2016 # the container's shell reads the password, so that it stands in no argument
  in_image host --name homelab-backup-base --replace --secret "$secret,mode=0400,uid=${owner%:*}" -- \
    bash -c 'PGPASSWORD=$(cat /run/secrets/homelab-postgres-superuser) exec "$@"' bash \
    pg_basebackup --no-password --host 127.0.0.1 --port "$POSTGRES_PORT" --username postgres --checkpoint fast \
    --wal-method stream --manifest-checksums SHA256 --label "$name" --pgdata "/backup/$ID/base/$name.part/data" "${options[@]}"
}

# rows FILE: of all tables of a database together.
rows() { sed -n 's/.*"rows" : \([0-9]*\), "sum".*/\1/p' "$1" | awk '{ rows += $1 } END { print rows + 0 }'; }

# smaller LAST: databases that hold less than half of what they held then, a sentence each.
smaller() {
  local file before now
  for file in "$HISTORY/dump/$1"/facts/*; do
    [ -e "$file" ] || continue
    before=$(rows "$file")
    [ "$before" -ge 100 ] || continue
    now=0
    if [ -e "$HISTORY/dump/$name.part/facts/${file##*/}" ]; then now=$(rows "$HISTORY/dump/$name.part/facts/${file##*/}"); fi
    if [ $((2 * now)) -lt "$before" ]; then printf '%s holds %s rows, and held %s in the backup %s. ' "${file##*/}" "$now" "$before" "$1"; fi
  done
}

# whole PATH: what was written is on the disk before it counts as a backup.
whole() {
  chown -R "$owner" "$1.part"
  sync -f "$1.part"
  mv -T -- "$1.part" "$1"
  sync -f "${1%/*}"
}

# keep: takes away what is older than KEEP_DAYS and not needed to go back that far.
keep() {
  local cutoff=$(($(date +%s) - KEEP_DAYS * 86400)) each oldest='' names=() folder
  mapfile -t names < <(backups base)
  for each in "${names[@]}"; do
    if [ -z "$(info "$HISTORY/base/$each" parent)" ] && [ "$(info "$HISTORY/base/$each" began)" -le "$cutoff" ]; then oldest=$each; fi
  done
  for each in "${names[@]}"; do
    if [ -n "$oldest" ] && [[ $each < $oldest ]]; then take_away "$HISTORY/base/$each"; fi
  done
  mapfile -t names < <(backups dump)
  for each in "${names[@]:0:$((${#names[@]} > 3 ? ${#names[@]} - 3 : 0))}"; do
    if [ "$(info "$HISTORY/dump/$each" began)" -lt "$cutoff" ]; then take_away "$HISTORY/dump/$each"; fi
  done
  while read -r folder; do keep_wal "$folder" "$cutoff"; done < <(stretches "$HISTORY")
}

# keep_wal FOLDER CUTOFF: of a stretch of WAL what its oldest base backup needs; a former one without any, which nothing can
# be restored with, until it is too old.
keep_wal() {
  local each first=''
  for each in $(backups base); do
    if [ -z "$first" ] && begins_in "$1" "$each"; then first=$(start_segment "$HISTORY/base/$each"); fi
  done
  if [ -n "$first" ]; then
    in_image none -- pg_archivecleanup "/backup/$ID/${1##*/}" "$first" </dev/null
    awk -v first="${first:8}" 'substr($2, 9, 16) >= first' "$1/sums" | write "$1/sums"
  elif [ "$1" != "$(wal_now)" ] && [ -z "$(find "$1" -maxdepth 1 -name '0*' -newermt "@$2")" ]; then
    take_away "$1"
  fi
}

# The name goes first: half of a backup that is being deleted must not look like one.
take_away() { mv -T -- "$1" "$1.part" && sync "${1%/*}" && rm -rf --one-file-system -- "$1.part"; }

run() {
  local last was anew='' began=$EPOCHSECONDS
  history
  [ "$(in_server psql -XAtqc 'select pg_is_in_recovery()')" = f ] ||
    fail "The running PostgreSQL is a standby: its WAL is received, but a base backup and dumps are made only when it is primary (docs/runbooks/promote.md)."
  if began_anew; then anew=yes; fi
  # What a killed run began.
  rm -rf --one-file-system -- "$HISTORY"/*.part "$HISTORY"/base/*.part "$HISTORY"/dump/*.part
  seal
  was=$(parent)
  mkdir -p "$HISTORY/base/$name.part" "$HISTORY/dump/$name.part/facts"
  chown "$owner" "$HISTORY/base/$name.part"
  say "Base backup $name${was:+, what changed since $was}."
  if ! base "$was"; then
    [ -n "$was" ] || fail "pg_basebackup failed: its words are above."
    say "It cannot build on $was: a full one is made."
    rm -rf --one-file-system -- "$HISTORY/base/$name.part/data"
    was=''
    base ''
  fi
  snapshot "$name" "$HISTORY/dump/$name.part"
  last=$(backups dump | tail -n 1)
  if [ -n "$last" ] && [ -z "$accept" ] && [ -n "$(smaller "$last")" ]; then
    said=$(smaller "$last")
    rm -rf --one-file-system -- "$HISTORY/base/$name.part" "$HISTORY/dump/$name.part"
    refuse "${said}This backup was not kept, and no older one was taken away. If data is missing, restore it (docs/runbooks/restore.md); if it is right: npm run restore -- backup --accept-smaller"
  fi
  printf 'began=%s\nparent=%s\ncluster=%s\npoint=%s\nimage=%s\n' "$began" "$was" "$ID" "$name" "$POSTGRES_IMAGE" |
    tee "$HISTORY/base/$name.part/info" >"$HISTORY/dump/$name.part/info"
  (cd "$HISTORY/base/$name.part" && sha256sum info data/backup_manifest >sums)
  (cd "$HISTORY/dump/$name.part" && sha256sum info globals.sql ./*.dump facts/* >sums)
  # The dump first: a base backup is looked for by the dump of the same name, which has the facts.
  whole "$HISTORY/dump/$name"
  whole "$HISTORY/base/$name"
  # So that the point that the facts are of can be reached at once, also when nothing else is written.
  in_server psql -XAtqc 'select pg_switch_wal()' >/dev/null
  keep
  # Without it what is off this machine cannot be restored past the gap either.
  if [ -n "$anew" ]; then soon off-node; fi
  du -sb "$HISTORY/base/$name" "$HISTORY/dump/$name" | awk '{ bytes += $1 } END { print bytes }' | write "$notes/postgres.bytes"
  say "Done: $HISTORY/base/$name and $HISTORY/dump/$name."
}

job postgres run
