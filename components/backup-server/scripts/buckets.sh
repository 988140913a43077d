#!/bin/bash
# buckets.sh [--accept-smaller]: brings the copy of MinIO's buckets up to date, by its own client out of its own image.
#   buckets/BUCKET/KEY                what the bucket held last time
#   buckets.facts/BUCKET              of each object in it `SHA256 ETAG SIZE KEY`; .sums is the same for `sha256sum --check`
#   buckets.removed/MOMENT/BUCKET/KEY what had gone from it by then, or had become another: for KEEP_DAYS
# Nothing in the copy is overwritten or deleted for what happened to its source: it is moved.
#
# buckets.sh list; restore [BUCKET]; restore-removed MOMENT [BUCKET]: put back what a bucket lacks.
here=$(dirname "$0")
# shellcheck source=lib.sh
source "$here/lib.sh"
# shellcheck source=buckets-lib.sh
source "$here/buckets-lib.sh"
moment=$(date -u +%Y%m%dT%H%M%SZ)

# set_aside BUCKET: those files of the copy that standard input names go to $removed, as they are and at no cost.
set_aside() {
  local to=$removed/$moment/$1
  cat >"$work/aside"
  [ -s "$work/aside" ] || return 0
  mkdir -p "$to"
  # First a second name, then the first one goes: wherever this is cut short, each file is somewhere.
  (
    cd "$mirror/$1"
    names <"$work/aside" | xargs -0 -r cp -a --link --parents --target-directory "$to" --
    sync -f "$to"
    names <"$work/aside" | xargs -0 -r rm -f --
    find . -mindepth 1 -type d -empty -delete
  )
}

# unfinished BUCKET: takes away what a run that was cut short left, and which counts for nothing: what its client had begun
# (under a name of its own), and what was fetched but not noted while the bucket still has it. It would take room for KEEP_DAYS,
# and as much again after the next such run.
unfinished() {
  [ -e "$facts/$1" ] || return 0
  comm -13 <(known "$1" | cut -d ' ' -f 4- | sort) <(stored "$1" | cut -d ' ' -f 2- | sort) >"$work/unknown"
  {
    comm -12 "$work/unknown" <(cut -d ' ' -f 3- "$work/now" | sort)
    grep -E '(^|/)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$|\.part\.minio$' "$work/unknown" || true
  } >"$work/unfinished"
  (cd "$mirror/$1" && names <"$work/unfinished" | xargs -0 -r rm -f --)
}

# smaller BUCKET: a sentence when it holds less than half of what the copy holds, by number or by size.
smaller() {
  awk -v bucket="$1" '
    pass == 1 { before++; bytes_before += $3; next }
    { now++; bytes += $2 }
    END {
      if (before >= 10 && 2 * now < before)
        printf "The bucket %s holds %d objects, and held %d in the backup before. ", bucket, now, before
      else if (bytes_before >= 1048576 && 2 * bytes < bytes_before)
        printf "The bucket %s holds %.0f bytes, and held %.0f in the backup before. ", bucket, bytes, bytes_before
    }' pass=1 <(known "$1") pass=2 "$work/now"
}

# bring BUCKET: $work/now is what it holds.
bring() {
  local bucket=$1
  mkdir -p "$mirror/$bucket"
  unfinished "$bucket"
  for _ in 1 2 3; do
    # What is the same as when it was fetched stays. All else makes way, and what the bucket has in its place is fetched
    # like what is new: so the client never has to decide whether to overwrite something.
    known "$bucket" | awk 'pass == 1 { now[$0]; next } { object = $0; sub(/^[^ ]* /, "", object) } object in now' pass=1 "$work/now" pass=2 - >"$work/same"
    comm -13 <(cut -d ' ' -f 4- "$work/same" | sort) <(stored "$bucket" | cut -d ' ' -f 2- | sort) | set_aside "$bucket"
    write "$facts/$bucket" <"$work/same"
    fetch "$bucket"
    # How the client ends does not say whether all came; what is there does.
    came "$bucket"
    if [ -s "$work/missing" ]; then
      say "$(head -n 10 "$work/missing" | sed 's/^[0-9]* /  /')"
      fail "$(wc -l <"$work/missing") objects of the bucket $bucket did not come into the backup, among them those above.$(if narrow 64; then echo " The disk of $BACKUP_DIRECTORY is full."; fi)"
    fi
    if cmp -s "$work/now" "$work/after"; then return 0; fi
    mv "$work/after" "$work/now"
  done
  say "WARNING: the bucket $bucket changed while it was read, again and again; the next run takes the rest."
}

# fetch BUCKET: what the copy lacks. What has come is noted now and then: a run that is cut short after hours has not been
# for nothing.
fetch() {
  local client timer
  mc mirror "root/$1" "/backup/buckets/$1" >/dev/null &
  client=$!
  while :; do
    sleep "${NOTE_SECONDS:-900}" &
    timer=$!
    wait -n "$client" "$timer" || true
    # It still runs: the client has ended.
    if kill "$timer" 2>/dev/null; then break; fi
    came "$1"
  done
  wait "$timer" 2>/dev/null || true
}

# came BUCKET: notes what is there by now of what was fetched; $work/missing is what is not. What changed meanwhile is for
# the next round.
came() {
  objects "$1" >"$work/after"
  comm -12 "$work/now" "$work/after" | comm -23 - <(cut -d ' ' -f 2- "$work/same" | sort) >"$work/new"
  { grep -v '/$' "$work/new" || true; } >"$work/files"
  comm -23 <(cut -d ' ' -f 2- "$work/files" | sort) <(stored "$1" | sort) >"$work/missing"
  awk 'pass == 1 { missing[$0]; next } { file = $0; sub(/^[^ ]* /, "", file) } !(file in missing)' pass=1 "$work/missing" pass=2 "$work/files" >"$work/come"
  # The client does not sync what it writes, and from here on it counts as copied.
  sync -f "$mirror/$1"
  {
    cat "$work/same"
    { grep '/$' "$work/new" || true; } | sed 's/^/- /'
    cut -d ' ' -f 3- "$work/come" | names | (cd "$mirror/$1" && xargs -0 -r sha256sum -z --) | one_line |
      cut -c 1-64 | paste -d ' ' - "$work/come" | sed '/^ *$/d'
  } | write "$facts/$1"
}

# sums: what is in the copy, for sha256sum. Each sum is that of the moment when the file came: what its disk makes of it
# later is found.
sums() {
  local bucket
  for bucket in "$mirror"/*/; do
    [ -d "$bucket" ] || continue
    bucket=$(basename "$bucket")
    known "$bucket" | awk -v bucket="$bucket" '$1 != "-" {
      sum = $1; sub(/^[^ ]* [^ ]* [^ ]* /, ""); gsub(/\\t/, "\t")
      print (index($0, "\\") ? "\\" : "") sum "  ./" bucket "/" $0
    }'
  done | write "$facts/.sums"
}

# expire: what was set aside KEEP_DAYS ago goes. Its age counts from when a clock that is right was first seen with it.
expire() {
  local path seen
  # shellcheck disable=SC2119 # no moments but those it knows
  said=$(clock_doubt)
  if [ -n "$said" ]; then say "$said" && return 0; fi
  mkdir -p "$removed/.seen"
  for path in "$removed"/*/; do
    [ -d "$path" ] || continue
    seen=$removed/.seen/$(basename "$path")
    if [ ! -e "$seen" ]; then
      touch "$seen"
    elif [ $((EPOCHSECONDS - $(stat -c %Y "$seen"))) -gt $((KEEP_DAYS * 86400)) ]; then
      rm -rf --one-file-system -- "$path"
      rm -f -- "$seen"
    fi
  done
}

# one BUCKET, in a process of its own: a bucket that fails is no reason to leave out the others.
one() {
  objects "$1" >"$work/now"
  if [ "$verb" != --accept-smaller ]; then
    said=$(smaller "$1")
    [ -z "$said" ] || refuse "$said"
  fi
  bring "$1"
}

save() {
  local bucket buckets status refused=() failed=()
  mkdir -p "$mirror" "$facts" "$removed"
  # What may go makes room first.
  expire
  buckets=$(mc ls --json root | sed -n 's/.*"key":"\([^"]*\)\/".*/\1/p')
  for bucket in $({ printf '%s\n' "$buckets" && ls -- "$mirror"; } | sort -u); do
    if ! grep -qxF -- "$bucket" <<<"$buckets"; then
      [ -n "$(stored "$bucket" | head -n 1)" ] || continue
      if [ "$verb" != --accept-smaller ]; then
        say "The bucket $bucket is gone from MinIO."
        refused+=("$bucket")
      else
        stored "$bucket" | cut -d ' ' -f 2- | set_aside "$bucket"
        rm -f -- "$facts/$bucket"
        rmdir -- "$mirror/$bucket"
      fi
      continue
    fi
    set +e
    (set -e && one "$bucket")
    status=$?
    set -e
    case $status in
    0) ;;
    3) refused+=("$bucket") ;;
    *) failed+=("$bucket") ;;
    esac
  done
  sums
  du -sb "$mirror" | cut -f1 | counted buckets
  [ "${#failed[@]}" = 0 ] || fail "The backup of these buckets failed, as is said above: ${failed[*]}."
  [ "${#refused[@]}" = 0 ] ||
    refuse "The copy of these buckets was left as it is: ${refused[*]}. If objects are missing, bring them back (docs/runbooks/restore.md); if it is right: npx homelab restore buckets --accept-smaller"
}

# put_back FOLDER BUCKET KEYS: what the bucket lacks of the files in FOLDER. What it has by now is newer: it stays.
put_back() {
  local folder=$1 bucket=$2 key
  mc mb --ignore-existing "root/$bucket" >/dev/null
  mc mirror "/backup/${folder#"$BACKUP_DIRECTORY"/}" "root/$bucket" >/dev/null || true
  objects "$bucket" | cut -d ' ' -f 3- | sort >"$work/there"
  while IFS= read -r key; do marker "$bucket" "$(printf '%b' "$key")"; done < <({ grep '/$' "$3" || true; } | sort | comm -23 - "$work/there")
  { grep -v '/$' "$3" || true; } | sort | comm -23 - "$work/there" >"$work/missing"
  if [ -s "$work/missing" ]; then
    say "$(head -n 10 "$work/missing" | sed 's/^/  /')"
    fail "$(wc -l <"$work/missing") objects could not be put into the bucket $bucket, among them those above."
  fi
}

restore() {
  local bucket
  [ -d "$mirror" ] || fail "There is no copy of buckets in $mirror."
  mirror_whole || fail "The copy in $mirror is damaged: the names above. The others come back with: npx homelab restore buckets restore BUCKET"
  each_of "$mirror" "${1:-}"
  for bucket in "${chosen[@]}"; do
    known "$bucket" | cut -d ' ' -f 4- >"$work/keys"
    put_back "$mirror/$bucket" "$bucket" "$work/keys"
    say "$bucket: all $(wc -l <"$work/keys") objects of the copy are in it; those that it had by now were left as they are."
  done
}

restore_removed() {
  local bucket folder=$removed/$1
  if ! [[ $1 =~ ^[0-9]{8}T[0-9]{6}Z$ && -d $folder ]]; then fail "Nothing was removed at '$1'. What there is: npx homelab restore buckets list"; fi
  each_of "$folder" "${2:-}"
  for bucket in "${chosen[@]}"; do
    (cd "$folder/$bucket" && find . -type f -printf '%P\0') | one_line >"$work/keys"
    put_back "$folder/$bucket" "$bucket" "$work/keys"
    say "$bucket: each of the $(wc -l <"$work/keys") objects is in it. Where it has another by now, that was left; the former one is in $folder/$bucket on this machine."
  done
}

each_of() { # FOLDER [BUCKET]: sets `chosen`
  mapfile -t chosen < <(ls -- "$1")
  [ -n "$2" ] || return 0
  if ! printf '%s\n' "${chosen[@]}" | grep -qxF -- "$2"; then fail "There is no bucket $2 in $1: it has ${chosen[*]}."; fi
  chosen=("$2")
}

list() {
  local path
  for path in "$mirror"/*/; do
    [ ! -d "$path" ] || printf 'bucket %s: %s objects, %s MB\n' "$(basename "$path")" "$(known "$(basename "$path")" | wc -l)" "$(($(du -sb "$path" | cut -f1) >> 20))"
  done
  for path in "$removed"/*/*/; do
    [ ! -d "$path" ] || printf '  removed or overwritten by %s: %s objects of %s, %s MB\n' "$(basename "$(dirname "$path")")" \
      "$(find "$path" -type f | wc -l)" "$(basename "$path")" "$(($(du -sb "$path" | cut -f1) >> 20))"
  done
}

case $verb in
list) list ;;
restore) alone buckets-restore restore "${2:-}" ;;
restore-removed) alone buckets-restore restore_removed "${2:-}" "${3:-}" ;;
'' | --accept-smaller) job buckets save ;;
*) fail "Say one of: buckets [--accept-smaller]; buckets list; buckets restore [BUCKET]; buckets restore-removed MOMENT [BUCKET]." ;;
esac
