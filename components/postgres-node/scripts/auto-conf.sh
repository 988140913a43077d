#!/bin/sh
# Usage: auto-conf.sh CLUSTER. PostgreSQL reads postgresql.auto.conf in its data directory last, so what stands there
# wins over the program's settings, also over `fsync`. A file that sets anything (it came with a data directory from
# another server, or was edited) is set aside beside it. Says so when it did.
set -eu
file=$1/postgresql.auto.conf
grep -qsE '^[[:space:]]*[^#[:space:]]' "$file" || exit 0
aside=$file.set-aside-$(date -u +%Y%m%dT%H%M%SZ)
mv "$file" "$aside"
printf '%s\n' "$file had settings of its own: it is set aside as $aside."
