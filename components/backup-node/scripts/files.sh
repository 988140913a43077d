#!/bin/bash
# files.sh [--accept-smaller | --new-repository]: the declared paths of this node into its repository on storage. Links are kept as links
# and never followed: where a declared path is one, what it leads to is backed up too, under its own name, once.
export HOMELAB_BACKUP_CONFIG=${HOMELAB_BACKUP_CONFIG:-/etc/homelab/backup-files/config}
here=$(dirname "$0")
# shellcheck source=../../backup-server/scripts/lib.sh
source "$here/lib.sh"
lists=${HOMELAB_BACKUP_CONFIG%/*}
accept=${1:-}
DUMPS=${HOMELAB_DUMPS:-/usr/local/lib/homelab/dumps}

# restic ARGUMENTS…: what it is to keep secret it reads from files. The node is at /node, and its paths below that.
restic() {
  mkdir -p "$BACKUP_DIRECTORY/cache"
  podman run --rm --replace --name homelab-backup-files --pull never --log-driver none --network host --security-opt label=disable \
    --volume /:/node:ro --workdir /node --volume "$lists:/lists:ro" --volume "$BACKUP_DIRECTORY:/state" \
    --secret homelab-backup-files-repository,mode=0400 --secret homelab-backup-node-key,mode=0400 \
    --env RESTIC_REPOSITORY_FILE=/run/secrets/homelab-backup-files-repository \
    --env RESTIC_PASSWORD_FILE=/run/secrets/homelab-backup-node-key --env RESTIC_CACHE_DIR=/state/cache \
    --entrypoint restic "$RESTIC_IMAGE" "$@"
}

# place PATH: without links on the way; the last part stays what it is.
place() {
  local folder
  folder=$(realpath -m -- "$(dirname -- "$1")")
  printf '%s/%s\n' "${folder%/}" "$(basename -- "$1")"
}

# targets: the declared paths and what they lead to, each place once, nothing that lies in another.
targets() {
  local path real wanted=() below
  while IFS= read -r path; do
    [ -n "$path" ] || continue
    if [ ! -e "$path" ] && [ ! -L "$path" ]; then
      say "WARNING: $path is not there."
      continue
    fi
    path=$(place "$path")
    wanted+=("$path")
    [ -L "$path" ] || continue
    if real=$(realpath -e -- "$path" 2>/dev/null); then
      wanted+=("$real")
    else
      say "WARNING: $path is a link that leads nowhere, or in a circle: it is kept as it is."
    fi
  done <"$lists/paths"
  while IFS= read -r path; do [ ! -d "$path" ] || wanted+=("$(place "$path")"); done <"$lists/paths-if-there"
  for path in "${wanted[@]}"; do
    for below in "${wanted[@]}"; do
      if [ ! -L "$below" ] && [[ $path == "${below%/}"/* ]]; then continue 2; fi
    done
    printf '%s\n' "$path"
  done | sort -u
}

# number KEY: of the summary that restic ends with.
number() { sed -n "s/.*\"message_type\":\"summary\".*\"$1\":\([0-9]*\).*/\1/p" "$BACKUP_DIRECTORY/said" | tail -n 1; }

# dumps: what is never of one moment while its service runs is written by the service's own way first. One that fails keeps
# what it wrote before, which is backed up with the rest, and the job fails in the end.
dumps() {
  local dump said
  undumped=()
  for dump in "$DUMPS"/*; do
    [ -x "$dump" ] || continue
    if said=$(timeout 3600 "$dump" 2>&1); then
      say "${dump##*/}: ${said:-nothing to dump}"
    else
      say "WARNING: ${dump##*/} could not be dumped: ${said:-it took too long}"
      undumped+=("${dump##*/}")
    fi
  done
}

run() {
  local status=0 files bytes before wait undumped
  targets | sed 's|^/||' >"$BACKUP_DIRECTORY/targets"
  if [ ! -s "$BACKUP_DIRECTORY/targets" ]; then
    [ ! -s "$lists/paths" ] || fail "None of the declared paths is there: nothing was backed up."
    say "Nothing is there yet that would be backed up."
    return
  fi
  dumps
  restic cat config --no-lock >/dev/null 2>"$BACKUP_DIRECTORY/said" || status=$?
  case $status in
  0) ;;
  10)
    # What was there and is gone was not lost by this node: on storage a disk may not be mounted.
    [ ! -e "$notes/files.success" ] || [ "$accept" = --new-repository ] ||
      fail "The repository on storage is gone, and there were backups of $NODE in it until $(date -r "$notes/files.success" '+%F %T %z'). Nothing was backed up, and no new one was made. Mount its disk on storage, or bring it back (docs/runbooks/restore.md). To begin anew: $0 --new-repository"
    restic init >"$BACKUP_DIRECTORY/said" 2>&1 ||
      not_created "The repository of $NODE on storage" "On storage" "$(cat "$BACKUP_DIRECTORY/said")"
    ;;
  12) fail "The repository on storage does not open with this node's key. After an update of this program storage comes first: \`pulumi up --stack storage\` gives it that key." ;;
  *) fail "The repository on storage does not answer: $(tail -n 2 "$BACKUP_DIRECTORY/said")" ;;
  esac
  # 11: storage takes something away just now, or a run before this one was killed. A lock that nobody has renewed for half
  # an hour has nobody: restic takes it away when asked, and no other.
  for wait in 10s 1h; do
    status=0
    restic backup --json --retry-lock "$wait" --host "$NODE" --tag files --exclude-file /lists/excludes --files-from-verbatim /state/targets \
      >"$BACKUP_DIRECTORY/said" 2>"$BACKUP_DIRECTORY/complaints" || status=$?
    if [ "$status" != 11 ]; then break; fi
    restic unlock --quiet >&2 || true
  done
  # 3: a snapshot was made, but something could not be read: it vanished meanwhile, or the disk is failing.
  case $status in
  0 | 3) ;;
  *) fail "restic failed: $(tail -n 3 "$BACKUP_DIRECTORY/complaints")" ;;
  esac
  metrics backup_files <<PROM
# TYPE homelab_backup_files_incomplete gauge
homelab_backup_files_incomplete{node="$NODE"} $((status == 3))
PROM
  if [ "$status" = 3 ]; then
    say "WARNING: this backup is not whole; these could not be read:"
    say "$(sed -n 's/.*"item":"\([^"]*\)".*/  \1/p' "$BACKUP_DIRECTORY/complaints" | head -n 20)"
  fi
  files=$(number total_files_processed)
  bytes=$(number total_bytes_processed)
  before=$(cat "$notes/files.count" 2>/dev/null || echo 0)
  if [ "$before" -ge 20 ] && [ $((2 * ${files:-0})) -lt "$before" ] && [ "$accept" != --accept-smaller ]; then
    refuse "The paths of $NODE hold $files files, and held $before in the backup before. It was made, and the ones before are kept; if that is right: $0 --accept-smaller"
  fi
  printf '%s\n' "$files" | write "$notes/files.count"
  printf '%s\n' "$bytes" | counted files
  [ ${#undumped[@]} = 0 ] || fail "The files are backed up, and what ${undumped[*]} keeps only as it was at an earlier backup: the words are above."
  say "Done: $files files, $bytes bytes."
}

job files run
