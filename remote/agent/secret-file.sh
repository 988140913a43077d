#!/bin/bash
# The text of a file that a program writes, once it is there. Input: `path PATH`, `seconds N` to wait for it, `end`.
# Output: `content BASE64`, or nothing when it is not there.
source head.sh
read_given
until=$((SECONDS + given[seconds]))
while [ ! -s "${given[path]}" ]; do
  [ "$SECONDS" -lt "$until" ] || exit 0
  sleep 0.5
done
printf 'content\t%s\n' "$(base64 -w0 <"${given[path]}")"
