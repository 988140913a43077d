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
# All that follows is Linux': Bash 4, GNU's programs, systemd, podman.
case $OSTYPE in
  linux*) ;;
  darwin*) fail 31 'This is a Mac, on which pulumi up sets nothing up: homelab desktop compose renders what runs there (docs/mac.md). Nothing was done.' ;;
  *) fail 31 "This is $OSTYPE: a node must be a Linux machine. Nothing was done." ;;
esac
settle() { # TEMPORARY FILE: takes the place of FILE, all or nothing, and stays there when the power goes
  sync -- "$1" && mv -T -- "$1" "$2" && sync -- "${2%/*}"
}
secrets='' # Where secrets_damaged found them whole, a line each: `whole NAME ID LABEL`.
secrets_damaged() { # Has a power cut emptied one of the two files that all of podman's secrets are in? Not when podman fails otherwise.
  local ids said
  if ids=$(podman secret ls --quiet 2>&1); then
    [ -n "$ids" ] || return 1
    # shellcheck disable=SC2086 # a list of ids
    if said=$(podman secret inspect --showsecret --format $'{{if .SecretData}}whole{{end}}\t{{.Spec.Name}}\t{{.ID}}\t{{.Spec.Labels.homelab}}' $ids 2>&1); then
      # What it cannot read it leaves out, without a word.
      if [ "$(grep -c $'^whole\t' <<<"$said")" != "$(wc -l <<<"$ids")" ]; then return 0; fi
      # shellcheck disable=SC2034 # for podman-look.sh
      secrets=$said
      return 1
    else
      grep -qE 'JSON|invalid character|no such secret' <<<"$said"
    fi
  else
    grep -qE 'JSON|invalid character' <<<"$ids"
  fi
}
decode() { printf '%s' "$1" | base64 -d; }
declare -A given=()
read_given() { # Standard input, a line each `KEY<tab>VALUE`, the last one `end`, into `given`.
  local key value
  while IFS=$'\t' read -r key value; do given[$key]=$value; done
  # A connection that was cut must not pass for a shorter description.
  if [ -z "${given[end]+here}" ]; then fail 30 'The description arrived cut short: nothing was done.'; fi
}
