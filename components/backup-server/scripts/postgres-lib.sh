# shellcheck shell=bash
# postgres-lib.sh: the history of a PostgreSQL cluster in the backup. Sourced after lib.sh.
#
#   postgres/cluster        identifier of the cluster that is backed up
#   postgres/ID/wal         every byte of WAL, as pg_receivewal writes it; `sums` has one for each segment that is whole
#   postgres/ID/base/NAME   data (of pg_basebackup), info, sums
#   postgres/ID/dump/NAME   DATABASE.dump, globals.sql, facts/DATABASE, info, sums
#
# A history is in a folder named after its cluster, so no other cluster can ever write over it.
root=$BACKUP_DIRECTORY/postgres
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
  install -d -m 700 -o "${owner%:*}" -g "${owner#*:}" "$HISTORY" "$HISTORY/base" "$HISTORY/dump" "$HISTORY/wal"
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
  local path name
  touch "$HISTORY/wal/sums"
  for path in "$HISTORY"/wal/*; do
    name=${path##*/}
    [[ $name =~ ^[0-9A-F]{24}$ ]] || continue
    grep -q "  $name\$" "$HISTORY/wal/sums" || (cd "$HISTORY/wal" && sha256sum "$name" >>sums)
  done
}

# segments: the numbers of the segments that are there, whole or not, whatever their timeline, in order.
segments() {
  local path name
  for path in "$HISTORY"/wal/*; do
    name=${path##*/}
    if [[ $name =~ ^[0-9A-F]{24}(\.partial)?$ ]]; then printf '%s\n' "${name:8:16}"; fi
  done | sort -u
}

# wal_whole FROM: every segment from this one on is there, and those that are whole are as they were sealed.
wal_whole() {
  local from=${1:8:16} number expected='' first='' count=0
  while read -r number; do
    [[ ! $number < $from ]] || continue
    if [ -z "$first" ]; then first=$number; fi
    if [ -n "$expected" ] && [ $((16#$number)) != "$expected" ]; then
      fail "WAL is missing in $HISTORY/wal before segment $number: nothing after that can be restored from the backups before it. Make a full base backup now: npm run restore -- backup"
    fi
    # 256 segments of 16 MB a file number; the next after …FF is …100 with the file number raised.
    expected=$((16#${number:8:8} == 255 ? (16#${number:0:8} + 1) << 32 : 16#$number + 1))
    count=$((count + 1))
  done < <(segments)
  [ "$first" = "$from" ] || fail "WAL segment $1 is missing in $HISTORY/wal: the base backup that begins with it cannot be restored."
  awk -v from="$from" 'substr($2, 9, 16) >= from' "$HISTORY/wal/sums" >"$HISTORY/wal/.check"
  if [ -s "$HISTORY/wal/.check" ]; then
    (cd "$HISTORY/wal" && sha256sum --quiet --check .check >&2) || fail "WAL in $HISTORY/wal is not what it was when it was written: the names above."
  fi
  say "WAL: $count segments from $1 on, none missing, all as they were written."
}

# start_segment PATH: the first segment that a base backup needs.
start_segment() { sed -n 's/^START WAL LOCATION: .* (file \([0-9A-F]*\))$/\1/p' "$1/data/backup_label"; }

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
