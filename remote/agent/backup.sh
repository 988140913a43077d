#!/bin/bash
# What people do with backups. Input: `word BASE64` for each word of it, `end`. Its own scripts are on the node.
source head.sh
words=() complete='' program=/usr/local/lib/homelab/backup/restore.sh
while IFS=$'\t' read -r key value; do
  case $key in
  word) words+=("$(decode "$value")") ;;
  end) complete=yes ;;
  esac
done
[ -n "$complete" ] || fail 30 'The description arrived cut short: nothing was done.'
# shellcheck disable=SC2016 # a command, as people read it
[ -x "$program" ] || fail 31 'There are no backups on this node: set homelab:backup.enabled and run `pulumi up` first.'
exec "$program" "${words[@]}"
