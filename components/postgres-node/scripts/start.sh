#!/bin/bash
# Usage: start.sh ARGS. The container's first process: asks the other server, then becomes the server with ARGS.
# A primary that was superseded while it was off does not come back as a second one; a standby without data copies the
# other's; one whose data cannot follow says so. Data is never deleted here. Exit code 75: only a person can decide.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=peer.sh
. "$(dirname "${BASH_SOURCE[0]}")/peer.sh"
patience=10
# Where the LAN is closed it cannot be asked before tailscaled has come up.
if [ -n "${PEER_ASKED:-}" ]; then patience=30; fi

refuse() {
  printf '%s\n' "$1" >&2
  exit 75
}
as_postgres() { setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"; }
asked() { # Waits a little: after a power cut in the house both start at once.
  local until=$((SECONDS + patience))
  until ask_peer; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 1
  done
}

# ensure_slot: the primary keeps WAL for this server from now on. 1: it has removed some already. 2: it did not answer.
ensure_slot() {
  local said kind lsn
  said=$(replication "READ_REPLICATION_SLOT $SELF") || return 2
  IFS='|' read -r kind lsn _ <<<"$said"
  if [ -z "$kind" ]; then
    replication "CREATE_REPLICATION_SLOT $SELF PHYSICAL RESERVE_WAL" >/dev/null || return 2
  elif [ -z "$lsn" ]; then
    return 1
  fi
}

copy() {
  asked || {
    printf '%s\n' "$PEER's PostgreSQL does not answer at $PEER_ADDRESS port $PEER_PORT: there is nothing to copy yet; trying again." >&2
    exit 1
  }
  [ "$peer_role" = primary ] ||
    refuse "$PEER's PostgreSQL is a standby itself and there is no data in $DATA_DIRECTORY on $SELF: promote $PEER first (docs/runbooks/promote.md)."
  # What was kept for a former copy is of no use to this one.
  replication "DROP_REPLICATION_SLOT $SELF WAIT" >/dev/null 2>&1 || true
  ensure_slot
  # A copy that was cut short.
  rm -rf "$data.copy"
  install -d "${data%/*}"
  install -d -o postgres -g postgres -m 700 "$data.copy"
  printf 'Copying the cluster of %s (system identifier %s).\n' "$PEER" "$peer_system"
  as_postgres env PGPASSFILE="$PASSFILE" pg_basebackup --pgdata "$data.copy" --slot "$SELF" --wal-method stream \
    --checkpoint fast --no-password --dbname "host=$PEER_ADDRESS port=$PEER_PORT user=$ROLE application_name=$SELF-copies"
  as_postgres touch "$data.copy/standby.signal"
  sync "$data.copy/standby.signal" "$data.copy"
  mv -T "$data.copy" "$data"
  rm -f "$notes/copy"
  sync "${data%/*}" "$notes"
}

install -d -o postgres -g postgres -m 755 "$notes"
(umask 077 && printf '*:*:*:%s:%s\n' "$ROLE" "$(cat /run/secrets/homelab-postgres-replication)" >"$PASSFILE")
chown postgres:postgres "$PASSFILE"

[ ! -e "$notes/fenced" ] || refuse "$(cat "$notes/fenced")"

if [ ! -s "$data/PG_VERSION" ]; then
  if [ "$ORIGIN" = copy ] || [ -e "$notes/copy" ]; then
    copy
  elif asked; then
    refuse "There is no data in $DATA_DIRECTORY on $SELF, but $PEER's PostgreSQL has a cluster (system identifier $peer_system, $peer_role): a new one would be a second one. To copy it from there: promote $PEER if it is a standby, then $rejoin."
  fi
elif [ -e "$data/standby.signal" ]; then
  own=$(control 'Database system identifier')
  if ! ask_peer; then
    printf '%s\n' "$PEER's PostgreSQL does not answer: this standby starts with what it has." >&2
  elif [ "$peer_system" != "$own" ]; then
    refuse "The data in $DATA_DIRECTORY on $SELF is of another cluster (system identifier $own) than $PEER's ($peer_system), so it cannot follow. Nothing was deleted. To set it aside and copy $PEER's: $rejoin."
  elif [ "$peer_role" = primary ]; then
    kept=0
    ensure_slot || kept=$?
    [ "$kept" != 2 ] || printf '%s\n' "$PEER's PostgreSQL no longer answers: this standby starts with what it has." >&2
    [ "$kept" != 1 ] || refuse "$SELF's standby fell too far behind: $PEER has removed WAL that it still needs (homelab:postgres.replica.slotLimit). Nothing was deleted. To set its data aside and copy $PEER's anew: $rejoin."
  fi
else
  own=$(control 'Database system identifier')
  timeline=$(own_timeline)
  if ! asked; then
    printf '%s\n' "$PEER's PostgreSQL cannot be asked whether it was promoted meanwhile: this one starts; postgres-guard.service asks on." >&2
  elif superseded "$own" "$timeline"; then
    fence
    chown postgres:postgres "$data/standby.signal"
    refuse "$(cat "$notes/fenced")"
  elif [ "$peer_system" != "$own" ]; then
    printf '%s\n' "$PEER's PostgreSQL is of another cluster (system identifier $peer_system): it is no standby of this one." >&2
  fi
fi
exec docker-entrypoint.sh postgres "$@"
