#!/bin/bash
# buckets.sh [--accept-smaller|restore]: mirrors every bucket of MinIO into the backup, by its own client out of its own
# image; `restore` puts everything back that a bucket lacks. Versions in time are those of the repository off this machine.
here=$(dirname "$0")
# shellcheck source=lib.sh
source "$here/lib.sh"
mirror=$BACKUP_DIRECTORY/buckets
verb=${1:-}

# mc ARGUMENTS…: as the root user, whose name and password are read in the container.
mc() {
  # shellcheck disable=SC2016 # for the container's shell
  podman run --rm --pull never --network host --volume "$mirror:/buckets" --entrypoint sh \
    --secret homelab-minio-root-user,mode=0400 --secret homelab-minio-root-password,mode=0400 "$MINIO_IMAGE" -c \
    'export MC_HOST_root="http://$(cat /run/secrets/homelab-minio-root-user):$(cat /run/secrets/homelab-minio-root-password)@127.0.0.1:$0"; export MC_CONFIG_DIR=/tmp/mc; exec mc --quiet "$@"' \
    "$MINIO_PORT" "$@"
}

# objects BUCKET: a line each, `KEY<tab>SIZE<tab>ETAG`, in order.
objects() {
  mc ls --json --recursive "root/$1" |
    sed -n 's/.*"size":\([0-9]*\),"key":"\(.*\)","etag":"\([^"]*\)".*/\2\t\1\t\3/p' | sort
}

save() {
  local bucket before now buckets
  mkdir -p "$mirror" "$BACKUP_DIRECTORY/buckets.facts"
  buckets=$(mc ls --json root | sed -n 's/.*"key":"\([^"]*\)\/".*/\1/p')
  for bucket in $buckets; do
    objects "$bucket" >"$notes/objects"
    now=$(wc -l <"$notes/objects")
    before=0
    if [ -e "$BACKUP_DIRECTORY/buckets.facts/$bucket" ]; then before=$(wc -l <"$BACKUP_DIRECTORY/buckets.facts/$bucket"); fi
    if [ "$before" -ge 10 ] && [ $((2 * now)) -lt "$before" ] && [ "$verb" != --accept-smaller ]; then
      refuse "The bucket $bucket holds $now objects, and held $before in the backup before. Nothing was mirrored. If objects are missing, bring them back (docs/runbooks/restore.md); if it is right: npm run restore -- buckets --accept-smaller"
    fi
    mkdir -p "$mirror/$bucket"
    mc mirror --overwrite --remove "root/$bucket" "/buckets/$bucket" >/dev/null
    write "$BACKUP_DIRECTORY/buckets.facts/$bucket" <"$notes/objects"
  done
  # mc does not sync what it writes, and from here on it counts as mirrored.
  sync -f "$mirror"
  (cd "$mirror" && find . -type f -print0 | sort -z | xargs -0 -r sha256sum) | write "$BACKUP_DIRECTORY/buckets.facts/.sums"
  du -sb "$mirror" | cut -f1 | write "$notes/buckets.bytes"
}

restore() {
  local path
  [ -d "$mirror" ] || fail "There is no mirror of buckets in $mirror."
  mirror_whole || fail "The mirror in $mirror is damaged: the names above."
  for path in "$mirror"/*/; do
    path=$(basename "$path")
    mc mb --ignore-existing "root/$path" >/dev/null
    # What a bucket has by now is newer than the mirror: it is not overwritten.
    mc mirror "/buckets/$path" "root/$path" >/dev/null
  done
  say "Buckets hold again what the mirror holds."
}

case $verb in
restore) restore ;;
*) job buckets save ;;
esac
