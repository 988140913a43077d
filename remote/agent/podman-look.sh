#!/bin/bash
# What podman has on the node. Input: `end`. Output: `images JSON`, and a line `secret NAME ID` for each.
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
secrets_damaged || podman secret ls --format $'secret\t{{.Name}}\t{{.ID}}'
