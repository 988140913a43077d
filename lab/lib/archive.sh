# shellcheck shell=bash
# archive.sh: a container image as a docker archive, from one layer and its configuration, with tar and sha256sum.

image_arch() {
  case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *) uname -m ;;
  esac
}

# docker_archive LAYER.tar OUT NAME:TAG <CONFIG.json: CONFIG is the image's "config" object (Env, Entrypoint, …).
# LAYER.tar is moved, not copied.
docker_archive() {
  local layer=$1 out=$2 name=$3 dir digest config
  dir=$(dirname "$layer")/archive
  mkdir -p "$dir"
  digest=$(sha256sum "$layer" | cut -d' ' -f1)
  printf '{"architecture":"%s","os":"linux","created":"2026-01-01T00:00:00Z","config":%s,"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created":"2026-01-01T00:00:00Z","created_by":"homelab lab"}]}' \
    "$(image_arch)" "$(cat)" "$digest" >"$dir/config.json"
  config=$(sha256sum "$dir/config.json" | cut -d' ' -f1)
  mv "$dir/config.json" "$dir/$config.json"
  mv "$layer" "$dir/$digest.tar"
  printf '[{"Config":"%s.json","RepoTags":["%s"],"Layers":["%s.tar"]}]' "$config" "$name" "$digest" >"$dir/manifest.json"
  tar -C "$dir" --owner=0 --group=0 -cf "$out" manifest.json "$config.json" "$digest.tar"
}
