# shellcheck shell=bash disable=SC2154
# restic-lib.sh: restic on storage, where all repositories are. Sourced after lib.sh.

# restic [PODMAN-OPTIONS…] -- ARGUMENTS…: the backup's directory is at /backup.
restic() {
  local options=()
  while [ "$1" != -- ]; do options+=("$1") && shift; done
  shift
  mkdir -p "$notes/cache"
  podman run --rm --pull never --network host --security-opt label=disable --volume "$BACKUP_DIRECTORY:/backup" \
    --volume "$notes/cache:/cache" --env RESTIC_CACHE_DIR=/cache --secret homelab-backup-key,mode=0400 \
    --env RESTIC_PASSWORD_FILE=/run/secrets/homelab-backup-key \
    --env RESTIC_FROM_PASSWORD_FILE=/run/secrets/homelab-backup-key \
    "${options[@]}" --entrypoint restic "$RESTIC_IMAGE" "$@"
}

# off_node ARGUMENTS…: with the repository that is not on this machine. Its address may hold a password.
off_node() {
  local variable told=()
  for variable in ${OFF_NODE_VARIABLES:-}; do
    told+=(--secret "homelab-backup-off-node-$(tr A-Z_ a-z- <<<"$variable"),type=env,target=$variable")
  done
  restic "${told[@]}" --secret homelab-backup-off-node,mode=0400 --env RESTIC_REPOSITORY_FILE=/run/secrets/homelab-backup-off-node -- "$@"
}

# repositories: names of the nodes that have one here.
repositories() {
  local path
  for path in "$BACKUP_DIRECTORY"/repository/*/config; do
    [ ! -e "$path" ] || basename "${path%/config}"
  done
}
