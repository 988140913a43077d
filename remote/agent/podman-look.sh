#!/bin/bash
# What podman has on the node. Input: `end`. Output: `images JSON`, and a line for each secret,
# `secret NAME ID yes|no`: whether this project put it there; see secret.sh.
source head.sh
read_given
images=$(podman image ls --format json)
printf 'images\t%s\n' "$(tr -d '\n' <<<"$images")"
# While they are changed some seem to be unreadable.
if [ -e "$state/secrets.lock" ]; then
  exec 9<"$state/secrets.lock"
  flock -s -w 60 9 || fail 31 'Another run is still changing the secrets of this node: wait for it, then run this again.'
fi
# Those that cannot be read are not there: whoever needs them sets them again.
secrets_damaged && exit 0
ids=$(podman secret ls --quiet)
[ -n "$ids" ] || exit 0
# shellcheck disable=SC2086 # a list of ids
podman secret inspect --format $'{{.Spec.Name}}\t{{.ID}}\t{{.Spec.Labels.homelab}}' $ids |
  while IFS=$'\t' read -r name id label; do
    made=no noted=$state/secrets-made/$name
    if [ "$label" = yes ] || { [ -f "$noted" ] && [ "$(cat "$noted")" = "$id" ]; }; then made=yes; fi
    printf 'secret\t%s\t%s\t%s\n' "$name" "$id" "$made"
  done
