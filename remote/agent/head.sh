#!/bin/bash
# Shared head of every agent script. Put in the place of their `source` line before they are sent; see ../run.ts.
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
declare -A given=()
read_given() { # Standard input, a line each `KEY<tab>VALUE`, the last one `end`, into `given`.
  local key value
  while IFS=$'\t' read -r key value; do given[$key]=$value; done
  # A connection that was cut must not pass for a shorter description.
  if [ -z "${given[end]+here}" ]; then fail 30 'The description arrived cut short: nothing was done.'; fi
}
