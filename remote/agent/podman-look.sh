#!/bin/bash
# What podman has on the node. Input: `end`. Output: `images JSON`, and a line `secret NAME ID` for each.
source head.sh
read_given
images=$(podman image ls --format json)
printf 'images\t%s\n' "$(tr -d '\n' <<<"$images")"
podman secret ls --format $'secret\t{{.Name}}\t{{.ID}}'
