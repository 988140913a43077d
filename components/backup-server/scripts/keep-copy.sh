#!/bin/bash
# keep-copy.sh: keep.sh on the machine that has the copy of everything, with the configuration there.
export HOMELAB_BACKUP_CONFIG=${HOMELAB_BACKUP_CONFIG:-/etc/homelab/backup-copy/config}
exec "$(dirname "$0")/keep.sh" "$@"
