#!/bin/bash
# The names of the directories in one directory, a line each; none when it is not there. Input: `path PATH`, `end`.
source head.sh
path='' complete=''
while IFS=$'\t' read -r key value; do
  case $key in
  path) path=$value ;;
  end) complete=yes ;;
  esac
done
if [ -z "$complete" ] || [ -z "$path" ]; then fail 30 'The question arrived cut short.'; fi
if [ -d "$path" ]; then find "$path" -mindepth 1 -maxdepth 1 -type d -printf '%f\n'; fi
