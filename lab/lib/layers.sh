# shellcheck shell=bash
# layers.sh: images of two layers, of which the lower one is shared: a node that has several of them has it once.
# shellcheck source=archive.sh
. "$(dirname "${BASH_SOURCE[0]}")/archive.sh"

# docker_archive_on BASE.tar LAYER.tar OUT NAME:TAG <CONFIG.json: as docker_archive, with BASE.tar below. BASE.tar stays, and
# is on the same disk.
docker_archive_on() {
  local base=$1 layer=$2 out=$3 dir lower upper former config
  dir=$(dirname "$layer")/archive
  docker_archive "$layer" "$out" "$4"
  lower=$(sha256sum "$base" | cut -d' ' -f1)
  ln "$base" "$dir/$lower.tar"
  read -r former upper <<<"$(sed -E 's/.*"Config":"([0-9a-f]+)\.json".*"Layers":\["([0-9a-f]+)\.tar"\].*/\1 \2/' "$dir/manifest.json")"
  sed -E "s/(\"diff_ids\":\[)/\1\"sha256:$lower\",/; s/(\"history\":\[)([^]]*)/\1\2,\2/" "$dir/$former.json" >"$dir/config.json"
  config=$(sha256sum "$dir/config.json" | cut -d' ' -f1)
  mv "$dir/config.json" "$dir/$config.json"
  sed -i "s/$former/$config/; s/\"$upper\.tar\"/\"$lower.tar\",\"$upper.tar\"/" "$dir/manifest.json"
  tar -C "$dir" --owner=0 --group=0 -cf "$out" manifest.json "$config.json" "$lower.tar" "$upper.tar"
}

# small_rootfs PACKAGES WORKDIR OUT [MMDEBSTRAP-OPTION…]: a root of Debian forky that has busybox and the packages, unpacked
# only. Its options come last.
small_rootfs() {
  local packages=$1 work=$2 out=$3
  shift 3
  # shellcheck disable=SC2016 # $1 is mmdebstrap's: the root directory
  rootfs forky "base-files,busybox-static,ca-certificates,$packages" "$work" "$out" --variant=extract \
    --extract-hook='chroot "$1" /usr/bin/busybox --install -s /usr/bin' \
    --extract-hook='cat "$1"/usr/share/ca-certificates/mozilla/*.crt >"$1/etc/ssl/certs/ca-certificates.crt"' \
    --extract-hook='echo "root:x:0:0:root:/root:/bin/sh" >"$1/etc/passwd"; echo "root:x:0:" >"$1/etc/group"' \
    --extract-hook='install -d -m 700 "$1/root"; install -d -m 1777 "$1/tmp"' \
    --extract-hook='rm -rf "$1/usr/share/doc" "$1/usr/share/man" "$1/usr/share/locale" "$1/var/lib/apt" "$1/var/lib/dpkg" "$1/var/cache/apt"' \
    "$@" >/dev/null
}
