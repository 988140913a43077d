# shellcheck shell=bash
# postgres-lib.sh: the history of a PostgreSQL cluster in the backup. Sourced after lib.sh; sources wal-lib.sh.
#
#   postgres/cluster        identifier of the cluster that is backed up
#   postgres/ID/wal         every byte of WAL, as pg_receivewal writes it; `sums` has one for each segment that is whole
#   postgres/ID/wal.from-…  the same, from where the server could not go on with what was there (wal-lib.sh)
#   postgres/ID/base/NAME   data (of pg_basebackup), info, sums
#   postgres/ID/dump/NAME   DATABASE.dump, globals.sql, facts/DATABASE, info, sums
#
# A history is in a folder named after its cluster, so no other cluster can ever write over it.
root=$BACKUP_DIRECTORY/postgres
# shellcheck source=wal-lib.sh
source "${BASH_SOURCE[0]%/*}/wal-lib.sh"
# The image's own user; the official image and ours have the same number.
owner=999:999
# shellcheck disable=SC2034 # used by who sources this
secret=homelab-postgres-superuser tools=/usr/local/lib/homelab/backup

in_server() { podman exec -i --user postgres postgres "$@"; }

# in_image NETWORK [OPTIONS…] -- COMMAND…: a program of the server's own image, on the histories.
in_image() {
  local network=$1 options=()
  shift
  while [ "$1" != -- ]; do options+=("$1") && shift; done
  shift
  podman run --rm --pull never --user postgres --network "$network" --volume "$root:/backup" "${options[@]}" "$POSTGRES_IMAGE" "$@"
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
    refuse "The running PostgreSQL is the cluster $ID, but the backups in $root are of the cluster $known: it is new, or another. Nothing was written, and nothing of the history was changed. If data is missing, restore it (docs/runbooks/restore.md); if the new cluster is what you want: npm run restore -- accept-cluster $ID"
  fi
  HISTORY=$root/$ID
  install -d -m 700 -o "${owner%:*}" -g "${owner#*:}" "$HISTORY" "$HISTORY/base" "$HISTORY/dump"
  [ -n "$(stretches "$HISTORY")" ] || install -d -m 700 -o "${owner%:*}" -g "${owner#*:}" "$HISTORY/wal"
}

# backups base|dump: the names of those that are whole, oldest first.
backups() {
  local path
  for path in "$HISTORY/$1"/*/info; do
    [ ! -e "$path" ] || basename "${path%/info}"
  done
}

# info PATH KEY
info() { sed -n "s/^$2=//p" "$1/info"; }

# seal: a sum for each segment that is whole, once. A segment that is whole is never written again.
seal() {
  local folder names
  while read -r folder; do
    mapfile -t names < <(comm -23 <(whole_segments "$folder") <(awk '{ print $2 }' "$folder/sums" 2>/dev/null | sort))
    if [ -e "$folder/sums" ] && [ ${#names[@]} = 0 ]; then continue; fi
    {
      if [ -e "$folder/sums" ]; then cat "$folder/sums"; fi
      if [ ${#names[@]} -gt 0 ]; then (cd "$folder" && sha256sum "${names[@]}"); fi
    } | write "$folder/sums"
  done < <(stretches "$HISTORY")
}
whole_segments() { find "$1" -maxdepth 1 -regextype posix-extended -regex '.*/[0-9A-F]{24}' -printf '%f\n' | sort; }

# segments FOLDER: the numbers of the segments that are there, whole or not, whatever their timeline, in order.
segments() {
  local path name
  for path in "$1"/*; do
    name=${path##*/}
    if [[ $name =~ ^[0-9A-F]{24}(\.partial)?$ ]]; then printf '%s\n' "${name:8:16}"; fi
  done | sort -u
}

# wal_whole FOLDER FROM: every segment from this one on is there, and those that are whole are as they were sealed.
wal_whole() {
  local folder=$1 from=${2:8:16} number expected='' first='' count=0
  while read -r number; do
    [[ ! $number < $from ]] || continue
    if [ -z "$first" ]; then first=$number; fi
    if [ -n "$expected" ] && [ $((16#$number)) != "$expected" ]; then
      fail "WAL is missing in $folder before segment $number: nothing after that can be restored from the backups before it. Make a full base backup now: npm run restore -- backup"
    fi
    # 256 segments of 16 MB a file number; the next after …FF is …100 with the file number raised.
    expected=$((16#${number:8:8} == 255 ? (16#${number:0:8} + 1) << 32 : 16#$number + 1))
    count=$((count + 1))
  done < <(segments "$folder")
  [ "$first" = "$from" ] || fail "WAL segment $2 is missing in $folder: the base backup that begins with it cannot be restored."
  awk -v from="$from" 'substr($2, 9, 16) >= from' "$folder/sums" >"$folder/.check"
  if [ -s "$folder/.check" ]; then
    (cd "$folder" && sha256sum --quiet --check .check >&2) || fail "WAL in $folder is not what it was when it was written: the names above."
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
