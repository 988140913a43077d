#!/bin/bash
# What each engine of the object store has on this node, seen in its data, so that none need run. Input: `minio PATH`,
# `seaweedfs PATH`, `end`. Output: a line an engine, `ENGINE there|gone holds|empty runs|off` (its directory; objects in it; whether
# its unit is set up), and a line `bucket NAME` for each of MinIO's.
source head.sh
read_given
minio=${given[minio]} seaweedfs=${given[seaweedfs]} quadlets=/etc/containers/systemd
there() { if [ -d "$1" ]; then echo there; else echo gone; fi; }
runs() { if [ -e "$quadlets/$1.container" ]; then echo runs; else echo off; fi; }
holds() { # DIRECTORY EXPRESSION…: whether anything in it is so
  if [ -d "$1" ] && [ -n "$(find "$@" -print -quit)" ]; then echo holds; else echo empty; fi
}
# MinIO: a directory a bucket, in it one an object.
printf 'minio\t%s\t%s\t%s\n' "$(there "$minio")" "$(holds "$minio" -name .minio.sys -prune -o -path "$minio/*/*" -type f)" "$(runs minio)"
# SeaweedFS: BUCKET_NUMBER.dat, of which the first eight bytes are its own. Those without a bucket hold its diary.
printf 'seaweedfs\t%s\t%s\t%s\n' "$(there "$seaweedfs")" "$(holds "$seaweedfs" -maxdepth 1 -name '*_*.dat' -size +8c)" "$(runs seaweedfs)"
if [ -d "$minio" ]; then find "$minio" -mindepth 1 -maxdepth 1 -type d -not -name .minio.sys -printf 'bucket\t%f\n'; fi
