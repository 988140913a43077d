#!/bin/bash
# The names of the directories in one directory, a line each; none when it is not there. Input: `path PATH`, `end`.
source head.sh
read_given
path=${given[path]}
if [ -d "$path" ]; then find "$path" -mindepth 1 -maxdepth 1 -type d -printf '%f\n'; fi
