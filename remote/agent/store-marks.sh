#!/bin/bash
# Whose the buckets, users and policies of the object store are. Input: `verb look|mark`, `directory PATH` (its data),
# `names KIND/NAME KIND/NAME…` (kinds: bucket, user, policy), `end`. Output of both: a line `KIND/NAME there|gone yes|no` for
# each: whether it is there, and whether a mark says that this project made it.
# What is there is seen in the data, so that the store need not run, nor its password be known. The marks are one file. `mark`
# adds the names to it, and takes out those of what is gone and not named.
source head.sh
read_given
directory=${given[directory]} marks=$state/store-marks
read -ra names <<<"${given[names]}"
exists() { # KIND/NAME: is it there?
  local iam=$directory/.minio.sys/config/iam
  case $1 in
  bucket/*) [ -d "$directory/${1#*/}" ] ;;
  user/*) [ -e "$iam/users/${1#*/}/identity.json" ] ;;
  policy/*) [ -e "$iam/policies/${1#*/}/policy.json" ] ;;
  *) fail 30 "Unknown kind in '$1'." ;;
  esac
}
declare -A marked=()
if [ -f "$marks" ]; then
  while IFS= read -r name; do marked[$name]=yes; done <"$marks"
fi
case ${given[verb]} in
look) ;;
mark)
  for name in "${!marked[@]}"; do
    if ! exists "$name"; then unset "marked[$name]"; fi
  done
  for name in "${names[@]}"; do marked[$name]=yes; done
  install -d -m 700 "$state"
  printf '%s\n' "${!marked[@]}" | sort >"$marks.new"
  settle "$marks.new" "$marks"
  ;;
*) fail 30 "Unknown verb '${given[verb]}'." ;;
esac
for name in "${names[@]}"; do
  if exists "$name"; then seen=there; else seen=gone; fi
  printf '%s\t%s\t%s\n' "$name" "$seen" "${marked[$name]:-no}"
done
