#!/bin/bash
# Data that units left behind: removed ones, and those that keep it elsewhere by now. Input: `verb list|delete`,
# `path PATH`… (delete), `end`. Output of both: a line a directory, `left SERVICE PATH BYTES` (no unit looks at it any
# more), `used SERVICE PATH BYTES`, `deleted PATH`.
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
declare -A used=() left=()
uses() { # SERVICE PATH: a unit whose last run was not finished may go back to any of its directories
  local kept=$state/units/$1
  [ -e "$kept/files" ] || return 1
  [ -f "$kept/keeps" ] && [ -f "$kept/applied" ] || return 0
  grep -qxF -- "$2" "$kept/keeps"
}
within() { case $1/ in "$2"/*) ;; *) return 1 ;; esac; }
rows=()
for record in "$state"/keeps/*.service; do
  [ -f "$record" ] || continue
  service=${record##*/}
  while IFS= read -r path; do
    if [ ! -d "$path" ]; then continue; fi
    rows+=("$service"$'\t'"$path")
    if uses "$service" "$path"; then used[$path]=yes; fi
  done <"$record"
done
for row in "${rows[@]}"; do
  service=${row%%$'\t'*} path=${row#*$'\t'} how=left
  # Neither what a unit looks at, nor what holds it or lies in it.
  for other in "${!used[@]}"; do
    if within "$path" "$other" || within "$other" "$path"; then how=used; fi
  done
  if [ "$how" = left ]; then left[$path]=yes; fi
  if [ "$verb" = list ]; then printf '%s\t%s\t%s\t%s\n' "$how" "$service" "$path" "$(du -sb -- "$path" | cut -f1)"; fi
done
if [ "$verb" = delete ]; then
  for path in "${wanted[@]}"; do
    if [ -z "${left[$path]:-}" ]; then fail 33 "$path is not data that a unit left behind: nothing was deleted."; fi
  done
  for path in "${wanted[@]}"; do
    rm -rf --one-file-system -- "$path"
    rm -f -- "$state/mounts/${path//\//%}"
    printf 'deleted\t%s\n' "$path"
  done
fi
