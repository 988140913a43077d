# shellcheck shell=bash disable=SC2154
# retention.sh: which snapshots of a restic repository are old enough to go. Sourced after restic-lib.sh.
#
# Whoever may add to a repository may also write what it likes into a snapshot: its time, host and tags. So none of that
# decides. What decides is when this machine first saw the snapshot, noted once in $SEEN_DIRECTORY/NAME, a line each
# `ID EPOCH`. Of a day, week or month the first one seen is kept, so nothing that is added later takes its place.
retention_weeks=8 retention_months=12

# snapshots_of COMMAND…: a line for each snapshot that `COMMAND… snapshots --json` lists, separated by tabs:
# ID TIME ORIGINAL HOST TAGS BYTES FILES, with `-` for what it does not have. Within a text of JSON every quote is
# escaped, so no name, path or tag can pass for one of these keys.
snapshots_of() {
  local said
  # Where this runs in a substitution, nothing else ends it.
  said=$("$@" snapshots --json --no-lock) || return
  { grep -oE '"time":"[0-9T:.Z+-]+"|"hostname":"[A-Za-z0-9.-]*"|"tags":\["[a-z0-9-]+"(,"[a-z0-9-]+")*\]|"original":"[0-9a-f]{64}"|"total_files_processed":[0-9]+|"total_bytes_processed":[0-9]+|"id":"[0-9a-f]{64}"' <<<"$said" || true; } |
    awk -v OFS='\t' '
      function clear() { time = original = host = tags = bytes = files = "-" }
      BEGIN { clear() }
      {
        key = $0; sub(/^"/, "", key); sub(/".*/, "", key)
        value = $0; sub(/^[^:]*:/, "", value); gsub(/[][" ]/, "", value)
        if (key == "time") time = value
        else if (key == "hostname") host = value
        else if (key == "tags") tags = value
        else if (key == "original") original = value
        else if (key == "total_bytes_processed") bytes = value
        else if (key == "total_files_processed") files = value
        else if (key == "id") { print value, time, original, host == "" ? "-" : host, tags, bytes, files; clear() }
      }'
}

# epoch TIME: as seconds, of a time as restic writes it; 0 for what is none.
epoch() { date -d "$1" +%s 2>/dev/null || echo 0; }

# note_seen NAME NOW [FOLDER]: reads the lines of snapshots_of, and brings the list of NAME up to date: those that are
# gone are left out, new ones were seen when their file was written (FOLDER holds the snapshots' files, when they are on
# this machine), or now. A first list has nothing better than what is claimed, as far as it is not in the future.
note_seen() {
  local name=$1 now=$2 folder=${3:-} list=$SEEN_DIRECTORY/$1 last=0 id time seen
  local -A known=()
  mkdir -p "$SEEN_DIRECTORY"
  if [ -e "$list" ]; then
    last=$(stat -c %Y "$list")
    while read -r id seen; do known[$id]=$seen; done <"$list"
  fi
  while IFS=$'\t' read -r id time _; do
    [ -n "$id" ] || continue
    seen=${known[$id]:-}
    if [ -z "$seen" ]; then
      seen=$now
      if [ -n "$folder" ] && [ -e "$folder/$id" ]; then
        seen=$(stat -c %Y "$folder/$id")
      elif [ "$last" = 0 ]; then
        seen=$(epoch "$time")
      fi
      # The clock was wrong when it was written.
      if [ "$seen" -gt "$now" ] || [ "$seen" -lt $((last > 3600 ? last - 3600 : 1577836800)) ]; then seen=$now; fi
    fi
    printf '%s %s\n' "$id" "$seen"
  done | write "$list"
}

# too_old DAYS WEEKS MONTHS: reads `ID EPOCH`, prints the IDs that are kept for no reason. Kept are: all that were seen
# within DAYS before the newest, and the first one seen of each of the last WEEKS weeks and MONTHS months that have any.
too_old() {
  sort -k2,2n -k1,1 | awk -v days="$1" -v weeks="$2" -v months="$3" '
    # Months since the year 0, of days since 1970: https://howardhinnant.github.io/date_algorithms.html#civil_from_days
    function month(day,  z, era, doe, yoe, doy, mp) {
      z = day + 719468; era = int(z / 146097); doe = z - era * 146097
      yoe = int((doe - int(doe / 1460) + int(doe / 36524) - int(doe / 146096)) / 365)
      doy = doe - (365 * yoe + int(yoe / 4) - int(yoe / 100)); mp = int((5 * doy + 2) / 153)
      return (yoe + era * 400) * 12 + mp
    }
    {
      n++; id[n] = $1; seen[n] = $2; day = int($2 / 86400)
      week_of[n] = int((day + 3) / 7); month_of[n] = month(day)
      if (!(week_of[n] in first_of_week)) first_of_week[week_of[n]] = $2
      if (!(month_of[n] in first_of_month)) first_of_month[month_of[n]] = $2
    }
    END {
      w = m = 0
      for (i = n; i >= 1; i--) {
        if (week_of[i] != last_week) { w++; last_week = week_of[i] }
        if (month_of[i] != last_month) { m++; last_month = month_of[i] }
        if (seen[i] == seen[n] || seen[i] > seen[n] - days * 86400) continue
        if (w <= weeks && seen[i] == first_of_week[week_of[i]]) continue
        if (m <= months && seen[i] == first_of_month[month_of[i]]) continue
        print id[i]
      }
    }'
}

# series ORIGINAL HOST TAGS: what a snapshot of the copy is one of. What was copied from a node's repository always says
# of what it is the copy, so a node cannot pass off its own for storage's.
series() {
  if [ "$1" != - ]; then
    printf 'files-%s\n' "$2"
  else
    case ,$3, in
    *,collected,*) echo collected ;;
    *,wal,*) echo wal ;;
    *) echo other ;;
    esac
  fi
}

# expired NAME: reads the lines of snapshots_of, prints the IDs that go. Each series counts by itself; a node's
# repository is one.
expired() {
  local name=$1 id original host tags what folder
  local -A seen=()
  while read -r id what; do seen[$id]=$what; done <"$SEEN_DIRECTORY/$name"
  folder=$(mktemp -d) || return
  while IFS=$'\t' read -r id _ original host tags _; do
    [ -n "$id" ] || continue
    what=files
    if [ -n "${COPY:-}" ]; then what=$(series "$original" "$host" "$tags"); fi
    printf '%s %s\n' "$id" "${seen[$id]}" >>"$folder/$what"
  done
  for what in "$folder"/*; do
    [ -e "$what" ] || continue
    case ${what##*/} in
    # What PostgreSQL wrote last is soon among what is collected.
    wal) too_old 2 0 0 <"$what" ;;
    *) too_old "$KEEP_DAYS" "$retention_weeks" "$retention_months" <"$what" ;;
    esac
  done
  rm -rf -- "$folder"
}

# put_aside NAME PATH: out of a repository here, when it is as it arrived. One that is not was damaged by the disk: it stays.
put_aside() {
  local aside=$BACKUP_DIRECTORY/repository.aside/$1
  [ "$(sha256sum <"$2" | cut -d ' ' -f 1)" = "${2##*/}" ] || return 0
  say "WARNING: $2 is nothing that this repository's key opens: it was put aside into $aside."
  mkdir -p "$aside"
  mv -T -- "$2" "$aside/${2##*/}"
}

# put_aside_unreadable NAME FOLDER FILES LIST: a file among the snapshots that is none was put there so that nothing is
# ever taken away: restic wants to read all of them first.
put_aside_unreadable() {
  local id
  while read -r id; do
    [ -z "$id" ] || put_aside "$1" "$2/$id"
  done < <(comm -23 <(sort <<<"$3") <(cut -f 1 <<<"$4" | sort))
}

# put_aside_short NAME REPOSITORY: what is shorter than anything encrypted restic does not even survive reading.
put_aside_short() {
  local path
  while IFS= read -r path; do put_aside "$1" "$path"; done < <(find "$2/snapshots" "$2/index" -type f -size -33c)
}

# retain NAME FOLDER COMMAND…: takes out of the repository that COMMAND… works with what is too old. FOLDER is where its
# snapshots' files are on this machine, or empty. COPY is set for a copy of everything.
retain() {
  local name=$1 folder=$2 now=$EPOCHSECONDS list files='' said at ids=() how=()
  shift 2
  if [ -n "$folder" ]; then
    put_aside_short "$name" "${folder%/*}"
    files=$(ls -- "$folder")
  fi
  list=$(snapshots_of "$@")
  if [ -n "$folder" ]; then put_aside_unreadable "$name" "$folder" "$files" "$list"; fi
  # shellcheck disable=SC2119 # no moments but those it knows
  said=$(clock_doubt)
  if [ -n "$said" ]; then say "$said" && return 0; fi
  note_seen "$name" "$now" "$folder" <<<"$list"
  mapfile -t ids < <(expired "$name" <<<"$list")
  if [ "${#ids[@]}" -gt 0 ]; then
    # A prune that was cut short is done by the next run.
    : >"$SEEN_DIRECTORY/.prune-$name"
    for ((at = 0; at < ${#ids[@]}; at += 200)); do
      "$@" forget --quiet --retry-lock 30m "${ids[@]:at:200}" >&2
    done
  fi
  if [ -e "$SEEN_DIRECTORY/.prune-$name" ]; then
    # Packing anew needs room for a second copy of what is packed; taking away what is whole does not.
    if narrow 512; then how=(--max-repack-size 0); fi
    "$@" prune --quiet --retry-lock 30m "${how[@]}" >&2
    rm -f -- "$SEEN_DIRECTORY/.prune-$name"
  fi
}
