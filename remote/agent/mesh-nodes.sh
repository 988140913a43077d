#!/bin/bash
# The nodes that headscale knows. Input: `container NAME`, `wait SECONDS` for it to answer, `end`. Output: `nodes BASE64`, JSON.
source head.sh
read_given
headscale() { timeout 30 podman exec -- "${given[container]}" headscale "$@" 2>/dev/null; }
until=$((SECONDS + given[wait]))
until headscale health >/dev/null; do
  [ "$SECONDS" -lt "$until" ] || fail 21 "headscale does not answer: look at it there with 'systemctl status headscale'."
  sleep 0.5
done
nodes=$(headscale nodes list --output json) || fail 21 'headscale does not tell its nodes.'
printf 'nodes\t%s\n' "$(printf '%s' "$nodes" | base64 -w0)"
