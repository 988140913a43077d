# shellcheck shell=bash
# images.sh: stand-ins for the services' official images, which the lab's machines cannot pull, put into their podman.

# What an image is made from: its folder, and what is shared.
image_key() { cache_key "$LAB/lib/rootfs.sh" "$LAB/lib/archive.sh" "$LAB/images/$1"/*; }

image_is_cached() { [ -e "$CACHE/images/$1-$(image_key "$1").tar" ]; }

# image_archive NAME: the path of its archive (of the machines' own: a plain root file system), built when it is not in the cache.
image_archive() {
  cached "$1.tar" "$(image_key "$1")" "$LAB/images/$1/build.sh"
}

# archive_manifest ARCHIVE: "NAME:TAG ID". It is the first file in the archive, so this reads no further.
archive_manifest() {
  tar -xOf "$1" --occurrence=1 manifest.json |
    sed -E 's/.*"Config":"([0-9a-f]+)\.json","RepoTags":\["([^"]+)"\].*/\2 \1/'
}

# image_onto NODE ARCHIVE: loaded unless the machine has that very image under that name.
image_onto() {
  local name id
  read -r name id <<<"$(archive_manifest "$2")"
  lab_ssh "$1" bash -s -- "$name" "$id" "/usr/local/share/lab-images/$(basename "$2")" <<'SH'
set -euo pipefail
had=$(podman image inspect -f '{{.Id}}' "$1" 2>/dev/null || true)
[ "$had" != "$2" ] || exit 0
podman load -q -i "$3"
[ -z "$had" ] || podman image rm "$had" 2>/dev/null || true # stays while a container uses it
SH
}

images_onto_storage() {
  local name archive
  for name in postgres minio; do
    archive=$(image_archive "$name")
    image_onto storage "$archive"
  done
}
