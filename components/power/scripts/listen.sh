#!/bin/bash
# A connection from a node that says in one word why it goes off, or that it is on. Arguments: ADDRESS=NODE for each that
# may speak; where the connection comes from tells which node it is, and anything but a known word is nothing.
set -euo pipefail
IFS= read -r -t 3 -n 16 word || exit 0
case $word in on | sleep | schedule | idle | poweroff) ;; *) exit 0 ;; esac
for known in "$@"; do
  if [ "${known%=*}" != "${REMOTE_ADDR:-}" ]; then continue; fi
  printf 'node\t%s\nwhy\t%s\nend\n' "${known##*=}" "$word" | bash "$(dirname "${BASH_SOURCE[0]}")/power-word.sh"
done
