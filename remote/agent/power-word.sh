#!/bin/bash
# Keeps a node's last word: why it goes off, or that it is on. Input: `node NODE`, `why WORD`, `end`.
source head.sh
read_given
install -d -m 755 "$state" "$state/power"
word=$(mktemp "$state/power/.word.XXXXXX")
printf '%s\t%s\n' "${given[why]}" "$(date +%s)" >"$word"
chmod 644 "$word"
settle "$word" "$state/power/${given[node]}"
