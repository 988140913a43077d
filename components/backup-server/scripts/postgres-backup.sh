#!/bin/bash
# postgres-backup.sh [--accept-smaller]: one base backup (full, or what changed since the last one), and a dump of every
# database and of the roles, with what each table holds at one moment, which both forms can be compared with.
#
# The two forms are made and kept apart: what spoils one does not cost the other. Whatever could not be saved is a sentence,
# a line for Prometheus and the exit code 1, and never the end of the rest.
here=$(dirname "$0")
# shellcheck source=lib.sh
source "$here/lib.sh"
# shellcheck source=postgres-lib.sh
source "$here/postgres-lib.sh"
# shellcheck source=postgres-snapshot.sh
source "$here/postgres-snapshot.sh"
# shellcheck source=postgres-keep.sh
source "$here/postgres-keep.sh"

accept=''
if [ "${1:-}" = --accept-smaller ]; then accept=yes; fi

# What could not be saved: sentences, and how each database fared.
work=$(mktemp -d)
: >"$work/problems"
: >"$work/states"
problem() { say "ERROR: $*" && printf '%s\n' "$*" >>"$work/problems"; }
give_up() { problem "$*" && exit 1; }
state() { printf '%s %s\n' "$1" "$2" >>"$work/states"; }

# parent: prints the backup to build on, or nothing for a full one.
parent() {
  local last full age each
  last=$(backups base | tail -n 1)
  [ -n "$last" ] || return 0
  full=$(chain "$last" | sed -n 1p)
  age=$(($(date +%s) - $(info "$HISTORY/base/$full" began)))
  # By a clock that was put back it would be the full one for ever.
  [ "$age" -ge 0 ] && [ "$age" -lt $((FULL_EVERY_DAYS * 86400 - 3600)) ] || return 0
  for each in $(chain "$last"); do
    # Nothing is built on what was never seen to be whole, or is not any more; and what changed since does not show
    # whether pages are still damaged.
    [ -n "$(info "$HISTORY/base/$each" verified)" ] && [ -z "$(info "$HISTORY/base/$each" damaged)" ] || return 0
    (cd "$HISTORY/base/$each" && sha256sum --quiet --check sums >/dev/null 2>&1) || return 0
  done
  # What the server has forgotten it cannot build on; and a gap in WAL ends what can be built on.
  begins_in "$(wal_now)" "$full" || return 0
  (wal_whole "$(wal_now)" "$(start_segment "$HISTORY/base/$full")") || return 0
  printf '%s\n' "$last"
}

# take PARENT [OPTIONS…]: a base backup into $HISTORY/base/$name.part.
take() {
  local options=("${@:2}") status=0
  rm -rf --one-file-system -- "$HISTORY/base/$name.part"
  mkdir -p "$HISTORY/base/$name.part"
  chown "$owner" "$HISTORY/base/$name.part"
  if [ -n "$1" ]; then options+=("--incremental=/backup/$ID/base/$1/data/backup_manifest"); fi
  # shellcheck disable=SC2016 # the container's shell reads the password, so that it stands in no argument
  in_image host --name homelab-backup-base --replace --secret "$secret,mode=0400,uid=${owner%:*}" -- \
    bash -c 'PGPASSWORD=$(cat /run/secrets/homelab-postgres-superuser) exec "$@"' bash \
    pg_basebackup --no-password --host 127.0.0.1 --port "$POSTGRES_PORT" --username postgres --checkpoint fast \
    --wal-method stream --manifest-checksums SHA256 --label "$name" --pgdata "/backup/$ID/base/$name.part/data" "${options[@]}" \
    >"$work/said" 2>&1 || status=$?
  cat "$work/said" >&2
  return "$status"
}

# room FORMS…: for as much as the last full base backup and the last dump took, or what is old goes first and not last.
room() {
  local needs=0 form each
  for form in "$@"; do
    each=$(backups "$form" | tail -n 1)
    if [ "$form" = base ] && [ -n "$each" ]; then each=$(chain "$each" | sed -n 1p) || each=''; fi
    each=$HISTORY/$form/$each
    if [ -e "$each/info" ]; then needs=$((needs + $(du -sb "$each" | cut -f1))); fi
  done
  if [ "$(free_bytes)" -lt $((needs + needs / 5)) ]; then
    say "There may be no room: $(($(free_bytes) >> 20)) MB are free in $BACKUP_DIRECTORY, and the last backup took $((needs >> 20)) MB. What is older than homelab:backup.keepDays goes first."
    keep
  fi
}

# out_of_room: is that what ended the base backup?
out_of_room() { grep -qi 'no space left' "$work/said"; }

# physical: the base backup, verified and in its place.
physical() {
  local was spaces before damaged=''
  spaces=$(in_server psql -XAtqc "select string_agg(format('%I (%s)', spcname, pg_tablespace_location(oid)), ', ') from pg_tablespace where spcname not in ('pg_default', 'pg_global')")
  [ -z "$spaces" ] || give_up "No base backup: the server has tablespaces, which none here can hold: $spaces. Move what is in them into the default one (alter table ... set tablespace pg_default; alter database ... set tablespace pg_default) and drop them."
  was=$(parent)
  say "Base backup $name${was:+, what changed since $was}."
  before=$(free_bytes)
  try take "$was"
  if [ "$tried" != 0 ] && out_of_room; then
    rm -rf --one-file-system -- "$HISTORY/base/$name.part"
    keep
    if [ "$(free_bytes)" -gt "$before" ]; then try take "$was"; fi
  fi
  if [ "$tried" != 0 ] && [ -n "$was" ] && ! out_of_room; then
    say "It cannot build on $was: a full one is made."
    was=''
    try take ''
  fi
  if [ "$tried" != 0 ] && grep -q 'checksum' "$work/said"; then
    # The rest of the server is worth keeping all the more.
    problem "Pages of the server's data are damaged, by their checksums: $(grep -i checksum "$work/said" | head -n 5 | tr '\n' ' ')The base backup $name is kept as it is, and nothing older is taken away. $(undamaged)"
    was='' damaged=yes
    try take '' --no-verify-checksums
  fi
  if [ "$tried" != 0 ]; then
    rm -rf --one-file-system -- "$HISTORY/base/$name.part"
    give_up "No base backup: pg_basebackup failed: $(tail -n 3 "$work/said" | tr '\n' ' ')"
  fi
  in_image none -- pg_verifybackup --quiet --exit-on-error "/backup/$ID/base/$name.part/data" >&2 ||
    give_up "The base backup $name is not what the server sent: see the words above, and look at the disk of $BACKUP_DIRECTORY."
  about "$was" "verified=$(date +%s)" ${damaged:+damaged=yes} >"$HISTORY/base/$name.part/info"
  (cd "$HISTORY/base/$name.part" && sha256sum info data/backup_manifest >sums)
  settle "$HISTORY/base/$name"
}

# undamaged: which backups are from before that.
undamaged() {
  local each found=''
  for each in $(backups base); do if [ -z "$(info "$HISTORY/base/$each" damaged)" ]; then found=$each; fi; done
  [ -z "$found" ] || printf '%s' "The last base backup without such pages is $found: npx homelab restore dump MOMENT DATABASE TABLE brings back what a table held."
}

# about PARENT [LINES…]: the text of `info`.
about() {
  printf '%s\n' "began=$since" "order=$order" "parent=$1" "cluster=$ID" "point=$name" "image=$POSTGRES_IMAGE" "preload=$preload" facts=2 "${@:2}"
}

# settle PATH: what was written is on the disk before it counts as a backup.
settle() {
  chown -R "$owner" "$1.part"
  sync -f "$1.part"
  mv -T -- "$1.part" "$1"
  sync -f "${1%/*}"
}

# rows FILES…: of all tables of a database together.
rows() { { cat "$@" 2>/dev/null || true; } | sed -n 's/.*"rows" : \([0-9]*\), "sum".*/\1/p' | awk '{ rows += $1 } END { print rows + 0 }'; }

# smaller LAST: databases that hold less than half of what they held then, a sentence each. What could not be read today is
# told as that.
smaller() {
  local file database before now
  for file in "$HISTORY/dump/$1"/{facts,apart}/*; do
    [ -e "$file" ] || continue
    database=${file##*/}
    if grep -qxF -- "$database" "$work/unread"; then continue; fi
    before=$(rows "$file")
    [ "$before" -ge 100 ] || continue
    now=$(rows "$HISTORY/dump/$name.part"/{facts,apart}/"$database")
    if [ $((2 * now)) -lt "$before" ]; then printf '%s holds %s rows, and held %s in the backup %s. ' "$database" "$now" "$before" "$1"; fi
  done
}

# logical: dumps, and what is in them.
logical() {
  local last said database damaged=''
  mkdir -p "$HISTORY/dump/$name.part/facts"
  snapshot "$name" "$HISTORY/dump/$name.part"
  while read -r said database; do
    if [ "$said" != whole ]; then filename "$database" && echo; fi
  done <"$work/states" >"$work/unread"
  last=$(backups dump | tail -n 1)
  if [ -n "$last" ] && [ -z "$accept" ]; then
    said=$(smaller "$last")
    if [ -n "$said" ]; then
      rm -rf --one-file-system -- "$HISTORY/dump/$name.part"
      refuse "${said}This dump was not kept, and nothing older was taken away. If data is missing, restore it (docs/runbooks/restore.md); if it is right: npx homelab restore backup --accept-smaller"
    fi
  fi
  if grep -q 'invalid page' "$work/problems"; then damaged=yes; fi
  about '' ${damaged:+damaged=yes} >"$HISTORY/dump/$name.part/info"
  (cd "$HISTORY/dump/$name.part" && find . -type f -print0 | sort -z | xargs -0 sha256sum) >"$work/sums"
  cp "$work/sums" "$HISTORY/dump/$name.part/sums"
  settle "$HISTORY/dump/$name"
}

# told: how each database fared, for Prometheus.
told() {
  local how database
  {
    echo '# TYPE homelab_backup_database_failed gauge'
    echo '# HELP homelab_backup_database_failed 1 when the last backup has no whole dump of a database, 0 when it has.'
    while read -r how database; do
      case $how in
      whole) echo "homelab_backup_database_failed{name=\"$(label "$database")\"} 0" ;;
      failed | partial) echo "homelab_backup_database_failed{name=\"$(label "$database")\"} 1" ;;
      esac
    done <"$work/states"
    echo '# TYPE homelab_backup_base_failed gauge'
    echo "homelab_backup_base_failed $1"
  } | metrics backup_databases
}

# unnamed: sets since and name to now; a moment later where that name is taken, for a clock may be put back.
unnamed() {
  while :; do
    since=$(date +%s)
    name=$(date -u -d "@$since" +%Y%m%dT%H%M%SZ)
    if [ ! -e "$HISTORY/base/$name" ] && [ ! -e "$HISTORY/dump/$name" ]; then return; fi
    sleep 1
  done
}

run() {
  local anew='' since name order preload base
  trap 'rm -rf "$work"' EXIT
  history
  [ "$(in_server psql -XAtqc 'select pg_is_in_recovery()')" = f ] ||
    fail "The running PostgreSQL is a standby: its WAL is received, but a base backup and dumps are made only when it is primary (docs/runbooks/promote.md)."
  if began_anew; then anew=yes; fi
  # What a killed run began.
  rm -rf --one-file-system -- "$HISTORY"/*.part "$HISTORY"/base/*.part "$HISTORY"/dump/*.part
  unnamed
  order=$(next_order)
  preload=$(in_server psql -XAtqc 'show shared_preload_libraries')
  # Before anything is written, a seal among it.
  room base dump
  try seal
  if [ "$tried" != 0 ]; then problem "The segments of WAL could not be sealed: the words are above."; fi
  try physical
  base=$tried
  if [ "$base" != 0 ]; then
    rm -rf --one-file-system -- "$HISTORY/base/$name.part"
    grep -q 'base backup' "$work/problems" || problem "No base backup: the words are above."
  fi
  room dump
  try logical
  if [ "$tried" != 0 ]; then rm -rf --one-file-system -- "$HISTORY/dump/$name.part"; fi
  told "$((base != 0))"
  case $tried in
  0) ;;
  3) exit 3 ;;
  *) problem "No dumps: the words are above." ;;
  esac
  # So that the point that the facts are of can be reached at once, also when nothing else is written.
  in_server psql -XAtqc 'select pg_switch_wal()' >/dev/null
  # Nothing goes for want of what was to take its place.
  if [ "$base" = 0 ]; then keep; fi
  # Without it what is off this machine cannot be restored past the gap either.
  if [ -n "$anew" ] && [ "$base" = 0 ]; then soon off-node; fi
  du -sb "$HISTORY/base/$name" "$HISTORY/dump/$name" 2>/dev/null | awk '{ bytes += $1 } END { print bytes + 0 }' | counted postgres
  if [ -s "$work/problems" ]; then
    say "This backup is not whole:"
    fail "$(cat "$work/problems")"
  fi
  say "Done: $HISTORY/base/$name and $HISTORY/dump/$name."
}

job postgres run
