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
# why FILE: what podman said last, with what it means. A registry tells a deleted image and a private one alike.
why() {
  local said meaning=''
  said=$(tail -n 5 "$1")
  case $said in
  *'toomanyrequests'* | *'too many requests'* | *'Too Many Requests'* | *'status: 429'*)
    meaning='The registry limits how often it may be asked: try again later. '
    ;;
  *'no such host'* | *'dial tcp'* | *'i/o timeout'* | *'TLS handshake timeout'* | *'network is unreachable'* | *'server misbehaving'* | *'connection re'*)
    meaning='This node does not reach the registry: look at its network and name resolution. '
    ;;
  *'manifest unknown'* | *'name unknown'* | *'not found'* | *'access to the resource is denied'* | *'unauthorized'* | *'denied'*)
    meaning='The registry has no such image for the public: the tag never was, or the image was deleted or made private. Name another in the stack file (npx homelab pin --check looks the default ones up). '
    ;;
  *'no space left'*) meaning='The disk of this node is full. ' ;;
  esac
  printf '%s%s' "$meaning" "$said"
}
look
if [ -z "$id" ] || [ -n "$stale" ]; then
  context=$(mktemp -d)
  trap 'rm -rf "$context"' EXIT
  decode "${given[containerfile]}" >"$context/Containerfile"
  # The base is fetched first, so that its id can be written into what is made from it.
  inspect '{{.Id}}' "$base" >/dev/null || timeout "$timeout" podman pull --quiet -- "$base" >"$context/log" 2>&1 ||
    fail 22 "The image $base could not be fetched: $(why "$context/log")"
  timeout "$timeout" podman build --quiet --pull=never --label "homelab.base=$(inspect '{{.Id}}' "$base")" \
    --tag "$reference" "$context" >"$context/log" 2>&1 ||
    fail 22 "The image $reference could not be built: $(why "$context/log")"
  # podman does not sync its layers: after a power cut the image would be there, with empty files.
  sync -f "$(podman info --format '{{.Store.GraphRoot}}')"
  look
fi
if [ -n "$id" ]; then printf 'built\t%s\n' "$id"; fi
