#!/bin/bash
# Before K3s starts, which imports the archives of images in its own directory, the first argument: a link there for each
# archive in the directory that the settings name, the second, and none for one that went away. Nothing is copied.
# @see https://docs.k3s.io/installation/airgap
set -euo pipefail
shopt -s nullglob
own=$1 theirs=${2:-}
mkdir -p "$own"
if [ -n "$theirs" ] && [ ! -d "$theirs" ]; then
  echo "homelab:k3s.imageArchives is $theirs, which is no directory on this node: put the archives there, or take the setting away." >&2
  exit 1
fi

declare -A wanted=()
if [ -n "$theirs" ]; then
  for archive in "$theirs"/*.{tar,tar.gz,tgz,tar.bz2,tbz,tar.lz4,tar.zst,tzst}; do
    wanted[homelab-${archive##*/}]=$archive
  done
fi
# Links only: what else is there is K3s' own or somebody's.
for link in "$own"/homelab-*; do
  if [ -L "$link" ] && [ -z "${wanted[${link##*/}]:-}" ]; then rm -- "$link"; fi
done
for name in "${!wanted[@]}"; do
  [ "$(readlink -- "$own/$name" || true)" = "${wanted[$name]}" ] || ln -sfn -- "${wanted[$name]}" "$own/$name"
done
