# shellcheck shell=bash
# images.sh: stand-ins for the services' official images, which the lab's machines cannot pull, put into their podman.

# Layers that images share, each from a folder of its own beside them.
declare -A IMAGE_BASES=([dagster]=python [mlflow]=python [prefect]=python [inference]=python [vllm]=python [models]=python [llama-cpp]=models [ollama]=models [conversation]=python)
# Files of elsewhere in this repository that are put into an image.
declare -A IMAGE_FILES=([inference]=examples/agents/agent.py [conversation]=lab/data/embeddings/model.py)

# image_folder NAME: where the image localhost/homelab-lab/NAME is made: the folder of that name, or the one that says so.
image_folder() {
  local build
  if [ -d "$LAB/images/$1" ]; then
    printf '%s\n' "$1"
    return
  fi
  build=$(grep -lF "localhost/homelab-lab/$1:" "$LAB"/images/*/build.sh) ||
    die "a stack file in lab/stacks names the image localhost/homelab-lab/$1, which no lab/images/*/build.sh makes."
  basename "$(dirname "$build")"
}

# images_of NODE…: the folders of the images that these nodes' stack files in lab/stacks name.
images_of() {
  local node names name
  names=$(for node in "$@"; do grep -oP 'localhost/homelab-lab/\K[^:]+' "$LAB/stacks/Pulumi.$node.yaml"; done | sort -u)
  for name in $names; do image_folder "$name" || return 1; done
}

# What an image is made from: its folder, and what is shared.
image_key() {
  local base=${IMAGE_BASES[$1]:-} shared=()
  [ -z "$base" ] || shared=("$LAB/lib/layers.sh" "$LAB/lib/python.sh" "$LAB/lib/try.sh")
  # What a layer is put on, and what that is put on.
  while [ -n "$base" ]; do
    shared+=("$LAB/images/$base"/*)
    base=${IMAGE_BASES[$base]:-}
  done
  [ -z "${IMAGE_FILES[$1]:-}" ] || shared+=("$PROJECT/${IMAGE_FILES[$1]}")
  cache_key "$LAB/lib/rootfs.sh" "$LAB/lib/archive.sh" "${shared[@]}" "$LAB/images/$1"/*
}

image_is_cached() { [ -e "$CACHE/images/$1-$(image_key "$1").tar" ]; }

# go_images_are_cached: whether what `make lab` needs and Go builds is there.
go_images_are_cached() {
  local names name
  names=$(images_of storage desktop)
  for name in $names; do
    [ ! -e "$LAB/images/$name/go.mod" ] || image_is_cached "$name" || return 1
  done
}

# image_archive NAME: the path of its archive (of a layer and of the machines' own: a plain file system), built when it is
# not in the cache. build.sh is given the layer that it is put on, if any, before WORKDIR and OUT.
image_archive() {
  local base=()
  if [ -n "${IMAGE_BASES[$1]:-}" ]; then base=("$(image_archive "${IMAGE_BASES[$1]}")") || return 1; fi
  cached "$1.tar" "$(image_key "$1")" "$LAB/images/$1/build.sh" "${base[@]}"
}

# image_unpacked ARCHIVE WORKDIR OUT: the directory OUT becomes what a container of it would see.
image_unpacked() {
  local layer
  mkdir -p "$3"
  for layer in $(tar -tf "$1" | grep -E '^[0-9a-f]{64}\.tar$'); do
    tar -xOf "$1" "$layer" | as_root tar -C "$3" -xf - --exclude=./dev
  done
}

# archive_manifest ARCHIVE: "NAME:TAG ID". It is the first file in the archive, so this reads no further.
archive_manifest() {
  tar -xOf "$1" --occurrence=1 manifest.json |
    sed -E 's/.*"Config":"([0-9a-f]+)\.json","RepoTags":\["([^"]+)"\].*/\2 \1/'
}

# image_onto NODE ARCHIVE: loaded unless the machine has that very image under that name. A machine that is wiped is given it
# again: elsewhere it would pull it from a registry.
image_onto() {
  local name id given=$STATE/images/$1
  mkdir -p "${given%/*}"
  grep -qsxF -- "$2" "$given" || printf '%s\n' "$2" >>"$given"
  read -r name id <<<"$(archive_manifest "$2")"
  lab_ssh "$1" bash -s -- "$name" "$id" "/usr/local/share/lab-images/$(basename "$2")" <<'SH'
set -euo pipefail
had=$(podman image inspect -f '{{.Id}}' "$1" 2>/dev/null || true)
[ "$had" != "$2" ] || exit 0
podman load -q -i "$3"
[ -z "$had" ] || podman image rm "$had" 2>/dev/null || true # stays while a container uses it
SH
}

# images_again NODE: what it was given before its disk was lost.
images_again() {
  local archive archives=()
  [ ! -e "$STATE/images/$1" ] || mapfile -t archives <"$STATE/images/$1"
  for archive in "${archives[@]}"; do [ ! -e "$archive" ] || image_onto "$1" "$archive"; done
}

# What a node's stack file names; PostgreSQL on desktop too, where its standby may be switched on.
images_onto_machines() {
  local node names name archive
  for node in storage desktop; do
    names=$(images_of "$node")
    [ "$node" = storage ] || names+=" postgres"
    for name in $names; do
      archive=$(image_archive "$name")
      image_onto "$node" "$archive"
    done
  done
}

# cluster_archives: prints the directory, as the machines see it, that has the archives for the cluster and no others. It is
# named after what is in it, so that a machine whose images are others is told so by its stack.
cluster_archives() {
  local names name archive files=() dir
  names=$(images_of compute) || return 1
  for name in $names; do
    archive=$(image_archive "$name") || return 1
    files+=("$archive")
  done
  dir=cluster-$(printf '%s\n' "${files[@]##*/}" | sha256sum | cut -c1-16)
  if [ ! -d "$CACHE/images/$dir" ]; then
    rm -rf "$CACHE/images/$dir.part"
    mkdir "$CACHE/images/$dir.part"
    ln "${files[@]}" "$CACHE/images/$dir.part/"
    mv -T "$CACHE/images/$dir.part" "$CACHE/images/$dir"
    # Of earlier recipes; see cached.
    find "$CACHE/images" -mindepth 1 -maxdepth 1 -name 'cluster-*' ! -name "$dir" -mtime +14 -exec rm -rf {} +
  fi
  printf '/usr/local/share/lab-images/%s\n' "$dir"
}

