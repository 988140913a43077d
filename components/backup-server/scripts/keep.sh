#!/bin/bash
# keep.sh: takes out of the repositories on this machine what is older than is kept, for whoever fills them can only add;
# and looks whether their files are still what was written, each once a week.
here=$(dirname "$0")
# shellcheck source=lib.sh
source "$here/lib.sh"
restic_as=keep
# shellcheck source=restic-lib.sh
source "$here/restic-lib.sh"
# A file that holds room on the disk: without any, restic cannot write the lock and the index with which it makes room.
reserve=$BACKUP_DIRECTORY/.reserve reserve_bytes=$((64 << 20))

# Each file of a repository but its configuration is named by the SHA-256 of what it holds.
# of_part NAME PART: its files, as sums and names: all that is small, and of its data what falls into one of seven parts.
of_part() {
  { find "$repositories/$1" -type f -regextype posix-extended -regex '.*/(data/..|index|snapshots|keys)/[0-9a-f]{64}' -printf '%f  %p\n' || true; } |
    awk -v part="$2" '{ n = (index("0123456789abcdef", substr($1, 1, 1)) - 1) * 16 + index("0123456789abcdef", substr($1, 2, 1)) - 1 } !/\/data\/..\/[0-9a-f]*$/ || n % 7 == part'
}

# intact NAME PART: are they what was written? What was found damaged once is looked at each day, until it is mended.
intact() {
  local list=$notes/damaged-$1 path damaged=''
  damaged=$({
    of_part "$1" "$2"
    if [ -e "$list" ]; then while read -r path; do printf '%s  %s\n' "${path##*/}" "$path"; done <"$list"; fi
  } | sort -u | { sha256sum --quiet --check 2>/dev/null || true; } | sed -n 's/: FAILED\( open or read\)\?$//p' |
    while read -r path; do if [ -e "$path" ]; then printf '%s\n' "$path"; fi; done)
  if [ -z "$damaged" ]; then
    rm -f -- "$list"
    return 0
  fi
  printf '%s\n' "$damaged" | write "$list" || true
  say "The disk has damaged these files in the repository of $1:"
  say "$(head -n 20 <<<"$damaged" | sed 's/^/  /')"
  say "Snapshots that need them cannot be restored whole; older ones that do not, and the other copy, can. What to do: docs/runbooks/restore.md, A repository is damaged."
  return 1
}

run() {
  local name failed=() damaged=() part
  part=$(cat "$notes/keep.part" 2>/dev/null || echo 0)
  for name in "$repositories"/*/keys; do
    name=${name%/keys}
    never_whole "${name##*/}" 10
  done
  for name in $(repositories); do
    free_stale "$name"
    # One that a node made unreadable is no reason to keep everything of the others.
    if ! one "$name"; then failed+=("$name"); fi
    try intact "$name" "$((part % 7))"
    if [ "$tried" != 0 ]; then damaged+=("$name"); fi
  done
  echo $(((part + 1) % 7)) | write "$notes/keep.part" || true
  if [ ! -e "$reserve" ] && [ "$(free_bytes)" -gt $((4 * reserve_bytes)) ]; then fallocate -l "$reserve_bytes" -- "$reserve" || rm -f -- "$reserve"; fi
  du -sb "$repositories" | cut -f1 | counted keep
  [ "${#damaged[@]}" = 0 ] || say "Damaged: ${damaged[*]}, as is said above."
  [ "${#failed[@]}" = 0 ] || fail "Nothing could be taken out of ${failed[*]}: restic's words are above."
  [ "${#damaged[@]}" = 0 ]
}

# one NAME: as a process of its own, so that a failure in it ends it, and nothing else.
one() { "$BASH" "$0" --only "$1"; }

case ${1:-} in
--only) retain "$2" "$repositories/$2/snapshots" here "$2" ;;
*)
  # Before anything is written, a lock of its own among it.
  if [ "$(free_bytes)" -lt "$reserve_bytes" ]; then rm -f -- "$reserve"; fi
  job keep run
  ;;
esac
