# shellcheck shell=bash disable=SC2154
# restic-lib.sh: restic where repositories are: on storage, and where the copy of everything is. Sourced after lib.sh.
# shellcheck source=retention.sh
source "${BASH_SOURCE[0]%/*}/retention.sh"
repositories=${REPOSITORY_DIRECTORY:-$BACKUP_DIRECTORY/repository}
SEEN_DIRECTORY=$BACKUP_DIRECTORY/repository.seen
main_key=homelab-backup-key
# A container outlives a run that is killed; the next run of that name ends it.
restic_as=${restic_as:-by-hand}

# restic [PODMAN-OPTIONS…] -- ARGUMENTS…: the backup's directory is at /backup. KEY and FROM_KEY are the podman secrets
# that hold the repository's password, and that of the repository which is copied from.
restic() {
  local options=() key=${KEY:-$main_key} from
  from=${FROM_KEY:-$key}
  while [ "$1" != -- ]; do options+=("$1") && shift; done
  shift
  if [ "$from" != "$key" ]; then options+=(--secret "$from,mode=0400"); fi
  mkdir -p "$notes/cache"
  podman run --rm --interactive --replace --name "homelab-restic-$restic_as" --pull never --log-driver none --network host --security-opt label=disable \
    --volume "$BACKUP_DIRECTORY:/backup" --volume "$notes/cache:/cache" --env RESTIC_CACHE_DIR=/cache \
    --secret "$key,mode=0400" --env "RESTIC_PASSWORD_FILE=/run/secrets/$key" --env "RESTIC_FROM_PASSWORD_FILE=/run/secrets/$from" \
    "${options[@]}" --entrypoint restic "$RESTIC_IMAGE" "$@" </dev/null
}

# answers_in_mesh: whether the repository that is not on this machine does, where it is asked by the mesh (OFF_NODE_IN_MESH, host
# and port).
answers_in_mesh() {
  # shellcheck disable=SC2016 # for the shell that is given it
  [ -z "${OFF_NODE_IN_MESH:-}" ] || timeout 5 bash -c ': <"/dev/tcp/${0/ //}"' "$OFF_NODE_IN_MESH" 2>/dev/null
}
# What restic must know of it. Its address may hold a password. The mesh may be lost with the storage that coordinated it: then a
# restore asks by the LAN.
off_node_at=homelab-backup-off-node
if [ -n "${or_by_lan:-}" ] && ! answers_in_mesh; then
  say "The repository off this machine does not answer in the mesh: it is asked by the LAN."
  off_node_at=homelab-backup-off-node-lan
fi
off_node_secrets=(--secret "$off_node_at,mode=0400")
for variable in ${OFF_NODE_VARIABLES:-}; do
  off_node_secrets+=(--secret "homelab-backup-off-node-$(tr A-Z_ a-z- <<<"$variable"),type=env,target=$variable")
done
# off_node ARGUMENTS…: with that repository.
off_node() { restic "${off_node_secrets[@]}" --env "RESTIC_REPOSITORY_FILE=/run/secrets/$off_node_at" -- "$@"; }

# repositories: names of those that lie here.
repositories() {
  local path
  for path in "$repositories"/*/config; do
    [ ! -e "$path" ] || basename "${path%/config}"
  done
}

# key_of NAME: the secret with the password of a repository here: each node has its own, the copy of everything the main one.
key_of() { if [ -n "${COPY:-}" ]; then echo "$main_key"; else echo "homelab-backup-key-$1"; fi; }

# here NAME ARGUMENTS…: with a repository on this machine, as it lies there.
here() {
  local name=$1
  shift
  KEY=$(key_of "$name") restic -- --repo "/backup/${repositories##*/}/$name" "$@"
}

# free_stale NAME: takes away locks in a repository here that nobody has renewed for longer than restic would let its own
# grow old. Their age is what this machine's disk says of their file: the time written in them is another machine's.
free_stale() { find "$repositories/$1/locks" -type f -mmin +40 -delete 2>/dev/null || true; }

# never_whole NAME MINUTES: a repository here whose creation was cut off has a key, no configuration, and nothing that the
# key opens. It can be created again only without that key, which goes when it is so many minutes old.
never_whole() {
  local path=$repositories/$1
  if [ -d "$path/keys" ] && [ ! -e "$path/config" ] && [ -z "$(find "$path" -type f ! -path "$path/keys/*" -print -quit)" ]; then
    find "$path/keys" -type f -not -newermt "-$2 minutes" -delete
  fi
}
