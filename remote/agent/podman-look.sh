#!/bin/bash
# What podman has on the node. Input: `end`. Output: `images JSON`, and a line for each secret,
# `secret NAME ID yes|no`: whether this project put it there; see secret.sh.
source head.sh
read_given
# Each call of podman costs a tenth of a second, so this one is made beside the others.
exec 8< <(podman image ls --format json | tr -d '\n')
listing=$!
# While they are changed some seem to be unreadable.
if [ -e "$state/secrets.lock" ]; then
  exec 9<"$state/secrets.lock"
  flock -s -w 60 9 || fail 31 'Another run is still changing the secrets of this node: wait for it, then run this again.'
fi
# Those that cannot be read are not there: whoever needs them sets them again.
if ! secrets_damaged && [ -z "$secrets" ]; then
  said=$(podman secret ls --quiet)
  [ -z "$said" ] || fail 31 'podman does not show the secrets of this node. Nothing was done; run it again.'
fi
images=$(cat <&8)
wait "$listing"
printf 'images\t%s\n' "$images"
[ -n "$secrets" ] || exit 0
while IFS=$'\t' read -r _ name id label; do
  made=no noted=$state/secrets-made/$name
  if [ "$label" = yes ] || { [ -f "$noted" ] && [ "$(<"$noted")" = "$id" ]; }; then made=yes; fi
  printf 'secret\t%s\t%s\t%s\n' "$name" "$id" "$made"
done <<<"$secrets"
