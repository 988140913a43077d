# shellcheck shell=bash
# postgres-lib.sh: the history of a PostgreSQL cluster in the backup. Sourced after lib.sh; sources wal-lib.sh.
#
#   postgres/cluster        identifier of the cluster that is backed up
#   postgres/ID/wal         every byte of WAL, as pg_receivewal writes it; `sums` has one for each segment that is whole
#   postgres/ID/wal.from-…  the same, from where the server could not go on with what was there (wal-lib.sh)
#   postgres/ID/base/NAME   data (of pg_basebackup, verified), info, sums
#   postgres/ID/dump/NAME   DATABASE.dump, globals.sql, facts/DATABASE, info, sums; see postgres-snapshot.sh
#
# A backup's `info` has, a line each: began (seconds since 1970), order (a number that counts up with each backup: names are
# by the clock, which may go back), parent (what an incremental base backup builds on), cluster, point (the moment in WAL
# that the facts are of), image, preload (shared_preload_libraries), facts (which form they have).
#
# A history is in a folder named after its cluster, so no other cluster can ever write over it.
root=$BACKUP_DIRECTORY/postgres
# shellcheck source=wal-lib.sh
source "${BASH_SOURCE[0]%/*}/wal-lib.sh"
# The image's own user; the official image and ours have the same number.
owner=999:999
# shellcheck disable=SC2034 # used by who sources this
secret=homelab-postgres-superuser
tools=${BASH_SOURCE[0]%/*}

# The owner of a database may set anything for the sessions in it: what is set here wins. No event trigger fires, whoever
# wrote its function.
pinned='-c search_path= -c role=none -c event_triggers=off -c default_transaction_read_only=off -c row_security=off -c statement_timeout=0 -c lock_timeout=0 -c transaction_timeout=0 -c idle_in_transaction_session_timeout=0 -c idle_session_timeout=0'
# Reading: nothing stands in for a table while it is looked at.
reading="$pinned -c restrict_nonsystem_relation_kind=view,foreign-table"

# in_server COMMAND…: in the running server's container, as its superuser. Only what evaluates nothing of a database's owner
# may be done with it (facts.sql says what that means).
in_server() { podman exec -i --env "PGOPTIONS=$reading" --user postgres postgres "$@"; }

# facts RUN DATABASE [SNAPSHOT]: what a database holds, by facts.sql and facts.pl, which RUN runs beside a server.
facts() {
  local nonce variables=()
  nonce=$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')
  if [ -n "${3:-}" ]; then variables=(-v "snapshot=$3"); fi
  # shellcheck disable=SC2016 # for the container's shell
  "$1" bash -c 'set -o pipefail; program=$1 nonce=$2; shift 2; psql -XAtq "$@" | perl -e "$program" "$nonce" | sort' bash \
    "$(cat "$tools/facts.pl")" "$nonce" -v "nonce=$nonce" "${variables[@]}" -d "$(conninfo "$2")" <"$tools/facts.sql"
}

# databases_there: `open NAME`, `closed NAME` or `invalid NAME` for every database that people made, and `postgres`.
databases_there() {
  in_server psql -XAtqc "select case when datconnlimit = -2 then 'invalid' when not datallowconn then 'closed' else 'open' end || ' ' || datname
    from pg_database where datname not in ('template0', 'template1') order by datname" </dev/null
}

# in_image NETWORK [OPTIONS…] -- COMMAND…: a program of the server's own image, on the histories.
in_image() {
  local network=$1 options=()
  shift
  while [ "$1" != -- ]; do options+=("$1") && shift; done
  shift
  needs_image "$POSTGRES_IMAGE" storage
  podman run --rm --pull never --log-driver none --user postgres --network "$network" --volume "$root:/backup" "${options[@]}" "$POSTGRES_IMAGE" "$@"
}

# conninfo DATABASE: names may hold anything, and psql takes some of them for more than a name.
conninfo() {
  local name=${1//\\/\\\\}
  printf "dbname='%s'" "${name//\'/\\\'}"
}

# filename DATABASE: a name for a file.
filename() {
  local i character
  for ((i = 0; i < ${#1}; i++)); do
    character=${1:i:1}
    case $character in [A-Za-z0-9_-]) printf '%s' "$character" ;; *) printf '%%%02X' "'$character" ;; esac
  done
}

# history: sets ID and HISTORY to those of the running cluster, when that is the one which the history is of.
history() {
  local known
  ID=$(in_server psql -XAtqc 'select system_identifier from pg_control_system()') ||
    fail "PostgreSQL does not answer: nothing was backed up. Look at it with: systemctl status postgres"
  known=$(cat "$root/cluster" 2>/dev/null || true)
  if [ -z "$known" ]; then
    printf '%s\n' "$ID" | write "$root/cluster" 644
  elif [ "$known" != "$ID" ]; then
    refuse "The running PostgreSQL is the cluster $ID, but the backups in $root are of the cluster $known: it is new, or another. Nothing was written, and nothing of the history was changed. If data is missing, restore it (docs/runbooks/restore.md); if the new cluster is what you want: npx homelab restore accept-cluster $ID"
  fi
  HISTORY=$root/$ID
  install -d -m 700 -o "${owner%:*}" -g "${owner#*:}" "$HISTORY" "$HISTORY/base" "$HISTORY/dump"
  [ -n "$(stretches "$HISTORY")" ] || install -d -m 700 -o "${owner%:*}" -g "${owner#*:}" "$HISTORY/wal"
}

# table base|dump: order, name, began and parent (or -) of those backups that are whole, in the order in which they were made.
table() {
  (
    shopt -s nullglob
    set -- "$HISTORY/$1"/*/info
    [ $# -gt 0 ] || exit 0
    awk '
      function out() { if (name != "") print order + 0, name, began + 0, (parent == "" ? "-" : parent) }
      FNR == 1 { out(); count = split(FILENAME, path, "/"); name = path[count - 1]; order = began = parent = "" }
      { value = substr($0, index($0, "=") + 1) }
      /^order=/ { order = value } /^began=/ { began = value } /^parent=/ { parent = value }
      END { out() }' "$@"
  ) | sort -k 1,1n -k 2,2
}

# backups base|dump: their names, in that order.
backups() { table "$1" | cut -d ' ' -f 2; }

# next_order: the number of the backup that is made now.
next_order() { { table base && table dump; } | awk '$1 > most { most = $1 } END { print most + 1 }'; }

# began_all: when each backup began, for clock_doubt.
began_all() { { table base && table dump; } | cut -d ' ' -f 3; }

# days_after base|dump NAME: on how many days a backup of that form was made after this one.
days_after() { table "$1" | awk -v name="$2" 'seen && !(int($3 / 86400) in days) { days[int($3 / 86400)]; count++ } $2 == name { seen = 1 } END { print count + 0 }'; }

# info PATH KEY
info() { sed -n "s/^$2=//p" "$1/info"; }

# seal: a sum for each segment that is whole, once. A segment that is whole is never written again. The list is renamed into
# place: one whose disk was full, or whose power went, is as it was.
seal() {
  local folder missing
  lock seal exclusive 600 || fail "The segments of WAL could not be sealed."
  while read -r folder; do
    missing=$(comm -23 <(whole_segments "$folder") <(sealed "$folder" | awk '{ print $2 }' | sort))
    if [ -e "$folder/sums" ] && [ -z "$missing" ]; then continue; fi
    { sealed "$folder" && (cd "$folder" && xargs -r sha256sum <<<"$missing"); } | write "$folder/sums"
  done < <(stretches "$HISTORY")
  unlock seal
}
# sealed FOLDER: the lines of its sums that are whole.
sealed() { grep -xE '[0-9a-f]{64}  [0-9A-F]{24}' "$1/sums" 2>/dev/null || true; }
whole_segments() { find "$1" -maxdepth 1 -regextype posix-extended -regex '.*/[0-9A-F]{24}' -printf '%f\n' | sort; }

# segments FOLDER: the numbers of the segments that are there, whole or not, whatever their timeline, in order.
segments() {
  local path name
  for path in "$1"/*; do
    name=${path##*/}
    if [[ $name =~ ^[0-9A-F]{24}(\.partial)?$ ]]; then printf '%s\n' "${name:8:16}"; fi
  done | sort -u
}

# last_needed FOLDER FROM UNTIL: the first segment from FROM on that was written to after UNTIL: recovery to that moment ends
# in it. Nothing when none was: then all are needed.
last_needed() {
  find "$1" -maxdepth 1 -regextype posix-extended -regex '.*/[0-9A-F]{24}(\.partial)?' -printf '%f %Ts\n' |
    awk -v from="$2" -v until="$3" '{ number = substr($1, 9, 16) } number >= from && $2 > until { print number }' | sort | head -n 1
}

# wal_whole FOLDER FROM [UNTIL]: every segment from this one on is there, and those that are whole are as they were sealed.
# With UNTIL (seconds since 1970) only those that recovery to that moment reads.
wal_whole() {
  local folder=$1 from=${2:8:16} number expected='' first='' count=0 sums damaged before last=''
  if [ -n "${3:-}" ]; then last=$(last_needed "$folder" "$from" "$3"); fi
  while read -r number; do
    if [[ $number < $from ]] || { [ -n "$last" ] && [[ $number > $last ]]; }; then continue; fi
    if [ -z "$first" ]; then first=$number; fi
    if [ -n "$expected" ] && [ $((16#$number)) != "$expected" ]; then
      fail "WAL is missing in $folder before segment $number: nothing after that can be restored from the backups before it. Make a full base backup now: npx homelab restore backup"
    fi
    # 256 segments of 16 MB a file number; the next after …FF is …100 with the file number raised.
    expected=$((16#${number:8:8} == 255 ? (16#${number:0:8} + 1) << 32 : 16#$number + 1))
    count=$((count + 1))
  done < <(segments "$folder")
  [ "$first" = "$from" ] || fail "WAL segment $2 is missing in $folder: the base backup that begins with it cannot be restored."
  sums=$(sealed "$folder" | awk -v from="$from" -v last="$last" '{ number = substr($2, 9, 16) } number >= from && (last == "" || number <= last)')
  if [ -n "$sums" ]; then
    damaged=$( (cd "$folder" && sha256sum --quiet --check <(printf '%s\n' "$sums") 2>/dev/null) | sed -n 's/: FAILED.*//p' || true)
    if [ -n "$damaged" ]; then
      before=$(awk -v damaged="$(head -n 1 <<<"$damaged")" '$2 < damaged { print $2 }' <<<"$sums" | tail -n 1)
      before=$(stat -c %Y -- "$folder/${before:-none}" 2>/dev/null || true)
      fail "WAL in $folder is not what it was when it was written: ${damaged//$'\n'/ }. ${before:+What was written before that can be restored, to any moment until about $(date -u -d "@$((before - 1))" '+%F %T+00'); }what was written after it, from the next base backup on. The copy off this machine, if there is one, may have it whole."
    fi
  fi
  say "WAL: $count segments from $2 on in ${folder##*/}, none missing, all as they were written."
}

# start_segment PATH: the first segment that a base backup needs.
start_segment() { sed -n 's/^START WAL LOCATION: .* (file \([0-9A-F]*\))$/\1/p' "$1/data/backup_label"; }

# begins_in FOLDER NAME: is the WAL that a base backup begins with in this stretch?
begins_in() {
  local segment
  segment=$(start_segment "$HISTORY/base/$2")
  [ -n "$segment" ] && { [ -e "$1/$segment" ] || [ -e "$1/$segment.partial" ]; }
}

# wal_of NAME: the stretch that a base backup is recovered with: the last one that has its beginning. When none has, the
# last of all, where it is missed.
wal_of() {
  local folder found=''
  while read -r folder; do
    if begins_in "$folder" "$1"; then found=$folder; fi
  done < <(stretches "$HISTORY")
  printf '%s\n' "${found:-$(wal_now)}"
}
wal_now() { stretches "$HISTORY" | tail -n 1; }

# began_anew: is WAL received into another stretch than the first, of which there is no base backup yet? Then nothing that
# was written since can be restored.
began_anew() {
  local now each
  now=$(wal_now)
  [[ $now = *.from-* ]] || return 1
  for each in $(backups base); do
    if begins_in "$now" "$each"; then return 1; fi
  done
}

# chain NAME: the base backup and those that it builds on, full one first.
chain() {
  local name=$1 names=()
  while [ -n "$name" ]; do
    [ -e "$HISTORY/base/$name/info" ] || fail "Base backup $name, on which $1 builds, is missing in $HISTORY/base."
    names=("$name" "${names[@]}")
    name=$(info "$HISTORY/base/$name" parent)
  done
  printf '%s\n' "${names[@]}"
}
