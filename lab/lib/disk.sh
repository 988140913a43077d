# shellcheck shell=bash
# disk.sh: each machine has a disk of its own: a file with an ext4 in it, behind a loop device. So its power can be cut as a
# disk's is: what was written and not synced is in the page cache of that file system, and is dropped with it.

DISK_SIZE=64G # sparse: what is not written takes no room

# noauto_da_alloc: of itself ext4 writes a file that is renamed over another; other file systems do not, and who forgot to
# sync it must not be helped here. No `discard`: a cut ends the journal, and ext4 then discards also what the changes that
# it never wrote would have freed, so that files which were synced long ago are full of zeros. See fstrim below.
DISK_OPTIONS=loop,noatime,noauto_da_alloc

# disk NODE: where its root is.
disk() { printf '%s/disk/%s\n' "$STATE" "$1"; }
disk_file() { printf '%s/disk/%s.img\n' "$STATE" "$1"; }
disk_is_on() { mountpoint -q "$(disk "$1")"; }

# Where a computer lets nobody make a loop device (some containers), a folder takes the disk's place, and no cut loses the cache.
loop_devices() { as_root losetup -f >/dev/null 2>&1; }

# disk_new NODE: an empty one, on.
disk_new() {
  local file
  file=$(disk_file "$1")
  disk_remove "$1"
  mkdir -p "$(disk "$1")"
  if loop_devices; then
    truncate -s "$DISK_SIZE" "$file"
    as_root mkfs.ext4 -q -F -J size=64 -L "$1" "$file"
    disk_on "$1"
  else
    say "This computer has no loop devices: the disk of $1 is a folder, and 'lab/node kill --lose-cache' is not possible."
  fi
}

# disk_on NODE. direct-io: the computer's own cache does not hold all of it once more.
disk_on() {
  local file device
  file=$(disk_file "$1")
  if [ ! -e "$file" ] || disk_is_on "$1"; then return 0; fi
  disk_is_free "$1"
  as_root mount -o "$DISK_OPTIONS" "$file" "$(disk "$1")"
  # What was freed before takes no room any more.
  as_root fstrim "$(disk "$1")" 2>/dev/null || true
  device=$(as_root losetup -j "$file" -n -O NAME)
  as_root losetup --direct-io=on "$device" 2>/dev/null || true
}

# A second device for the same file beside one that is about to go would be two disks in one. What began a mount namespace of
# its own while the disk was mounted (a test, a container of somebody else's) has it mounted there until it ends.
disk_is_free() {
  local file said='' until=$((SECONDS + 600))
  file=$(disk_file "$1")
  while [ -n "$(as_root losetup -j "$file" -n -O NAME)" ]; do
    if [ -z "$said" ] && [ $SECONDS -gt $((until - 590)) ]; then
      said="in the mount namespaces of: $(disk_holders "$1")"
      say "The disk of $1 is still mounted $said. Waiting for their end."
    fi
    [ $SECONDS -lt $until ] || die "the disk of $1 ($file) is still in use after 600 s, $said: $(as_root losetup -j "$file")."
    sleep 0.1
  done
}

# disk_holders NODE: a process of each mount namespace that has it, and its name.
disk_holders() {
  local path info seen=' ' namespace
  path=$(disk "$1")
  for info in /proc/[0-9]*/mountinfo; do
    grep -qsF " $path " "$info" || continue
    namespace=$(as_root readlink "${info%/mountinfo}/ns/mnt") || continue
    case $seen in *" $namespace "*) continue ;; esac
    seen+="$namespace "
    printf '%s (%s) ' "$(basename "${info%/mountinfo}")" "$(cat "${info%/mountinfo}/comm" 2>/dev/null)"
  done
}

# disk_cut NODE: from this moment on nothing reaches the disk any more, not even what its kernel still has in its cache.
disk_cut() {
  disk_is_on "$1" ||
    die "$1 has no disk whose cache could be lost: it was made without one ('make lab-down', then 'make lab'), or this computer has no loop devices."
  as_root python3 "$LAB/lib/cut-disk.py" "$(disk "$1")"
}

disk_off() {
  disk_is_on "$1" || return 0
  as_root umount "$(disk "$1")"
  disk_is_free "$1"
}

disk_remove() {
  disk_off "$1"
  as_root rm -rf --one-file-system "$(disk "$1")" "$(disk_file "$1")"
}
