#!/bin/bash
# Builds the judge of the importer's tests from the sources of Debian's cron: debian-cron.sh SOURCES PROGRAM. SOURCES is the
# unpacked package with Debian's patches (`apt-get source cron`, bookworm: 3.0pl1-162). Needed only to renew the fixture.
set -euo pipefail
sources=$1 program=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
gcc -w -O1 -DDEBIAN -DSYSLOG -DPOSIX -DDEBUGGING=0 -I"$sources" -o "$program" -std=gnu99 "$here/debian-cron.c" \
  "$sources/entry.c" "$sources/env.c" "$sources/misc.c" "$sources/user.c"
