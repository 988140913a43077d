#!/bin/bash
# Whoever made a change is still let in: it stays. Input: `name NAME` of what was changed, `end`.
source head.sh
source undo-lib.sh
read_given
dir=$(undo_of "${given[name]}")
exec 8>"$dir.lock"
flock -w 20 8 || fail 26 "what was before is just being put back."
[ -e "$dir/undo.sh" ] || fail 26 "what was before has been put back already${dir:+, $(cat "$dir.undone" 2>/dev/null || true)}."
undo_forget "${given[name]}"
