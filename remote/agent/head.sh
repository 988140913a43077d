#!/bin/bash
# Shared head of every agent script. Sent to the node in front of it; see ../run.ts.
set -euo pipefail
umask 022
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# What this project knows about the node; never the node's data.
# shellcheck disable=SC2034 # used by the scripts that this is put into
state=/var/lib/homelab
fail() { # CODE MESSAGE: a sentence for people, then the end
  printf '%s\n' "$2" >&2
  exit "$1"
}
decode() { printf '%s' "$1" | base64 -d; }
