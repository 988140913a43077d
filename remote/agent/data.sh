#!/bin/bash
# Data that removed units left behind. Input: `verb list|delete`, `path PATH`… (delete), `end`. Output of both: a line
# a directory, `left SERVICE PATH BYTES` (its unit is gone), `used SERVICE PATH BYTES` (its unit is there), `deleted PATH`.
source head.sh
verb='' complete='' wanted=()
while IFS=$'\t' read -r key rest; do
  case $key in
  verb) verb=$rest ;;
  path) wanted+=("$rest") ;;
  end) complete=yes ;;
  esac
done
if [ -z "$complete" ] || [ -z "$verb" ]; then fail 30 'The description of the data arrived cut short.'; fi
declare -A left=()
for record in "$state"/keeps/*.service; do
  [ -f "$record" ] || continue
  service=${record##*/}
  how=left
  if [ -e "$state/units/$service" ]; then how=used; fi
  while IFS= read -r path; do
    if [ ! -d "$path" ]; then continue; fi
    bytes=$(du -sb -- "$path" | cut -f1)
    if [ "$how" = left ]; then left[$path]=$record; fi
    if [ "$verb" = list ]; then printf '%s\t%s\t%s\t%s\n' "$how" "$service" "$path" "$bytes"; fi
  done <"$record"
done
if [ "$verb" = delete ]; then
  for path in "${wanted[@]}"; do
    if [ -z "${left[$path]:-}" ]; then fail 33 "$path is not data that a removed unit left behind: nothing was deleted."; fi
  done
  for path in "${wanted[@]}"; do
    rm -rf --one-file-system -- "$path"
    printf 'deleted\t%s\n' "$path"
  done
fi
