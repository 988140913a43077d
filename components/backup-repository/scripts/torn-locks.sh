#!/bin/bash
# torn-locks.sh DIRECTORY: before the repositories' server starts, and so while nobody can write to them. A lock whose contents
# a power cut took is nobody's and can be read by nobody: restic ends at the sight of it, each time, and takes it away only
# with all others. A lock is named after its contents, so such a one is known for certain.
set -euo pipefail
for lock in "$1"/*/locks/*; do
  if ! [[ ${lock##*/} =~ ^[0-9a-f]{64}$ && -f $lock ]]; then continue; fi
  sum=$(sha256sum <"$lock")
  if [ "${sum%% *}" = "${lock##*/}" ]; then continue; fi
  rm -f -- "$lock"
  echo "The lock ${lock##*/} was torn by a power cut: it is taken away." >&2
done
