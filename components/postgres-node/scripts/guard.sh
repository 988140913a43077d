#!/bin/bash
# Runs beside the server. While it is primary: asks the other one every few seconds, and stops this one as soon as
# that says that it was promoted. While it is a standby: notes how far it was when the primary was last heard of.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=peer.sh
. "$(dirname "${BASH_SOURCE[0]}")/peer.sh"

ask_own() {
  timeout 10 psql --no-psqlrc --no-password --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 \
    --port "$PORT" --username postgres --dbname postgres --command "$1" 2>/dev/null
}

while sleep 5; do
  recovering=$(ask_own 'select pg_is_in_recovery()') || continue
  if [ "$recovering" = t ]; then
    contact=$(ask_own "select extract(epoch from last_msg_receipt_time)::bigint, latest_end_lsn from pg_stat_wal_receiver where status = 'streaming'") || continue
    [ -n "$contact" ] || continue
    printf '%s\n' "$contact" >"$notes/contact.new"
    sync "$notes/contact.new"
    mv -T "$notes/contact.new" "$notes/contact"
  elif ask_peer; then
    own=$(control 'Database system identifier') || continue
    timeline=$(own_timeline) || continue
    superseded "$own" "$timeline" || continue
    fence
    cat "$notes/fenced" >&2
    # The server is the container's first process; this is a fast shutdown.
    kill -INT 1
    exit 0
  fi
done
