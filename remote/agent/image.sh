#!/bin/bash
# Builds an image on the node unless it is there from the same base. Input: `reference NAME:TAG`, `base IMAGE`,
# `timeout SECONDS`, `containerfile BASE64`, `end`. Output: `built ID`.
source head.sh
read_given
reference=${given[reference]} base=${given[base]} timeout=${given[timeout]}
inspect() { podman image inspect --format "$1" -- "$2" 2>/dev/null; }
look() { # Sets id and stale: a base that is not here any more cannot have become another one.
  stale='' id=$(inspect '{{.Id}}' "$reference") || return 0
  local now
  now=$(inspect '{{.Id}}' "$base") || return 0
  [ "$(inspect '{{index .Config.Labels "homelab.base"}}' "$reference")" = "$now" ] || stale=yes
}
look
if [ -z "$id" ] || [ -n "$stale" ]; then
  context=$(mktemp -d)
  trap 'rm -rf "$context"' EXIT
  decode "${given[containerfile]}" >"$context/Containerfile"
  # The base is fetched first, so that its id can be written into what is made from it.
  inspect '{{.Id}}' "$base" >/dev/null || timeout "$timeout" podman pull --quiet -- "$base" >"$context/log" 2>&1 ||
    fail 22 "The image $base could not be fetched: $(tail -n 5 "$context/log")"
  timeout "$timeout" podman build --quiet --pull=never --label "homelab.base=$(inspect '{{.Id}}' "$base")" \
    --tag "$reference" "$context" >"$context/log" 2>&1 ||
    fail 22 "The image $reference could not be built: $(tail -n 5 "$context/log")"
  look
fi
if [ -n "$id" ]; then printf 'built\t%s\n' "$id"; fi
