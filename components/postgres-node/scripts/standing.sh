#!/bin/bash
# How this server of a pair stands, and what the other says of itself: tab-separated lines for remote/agent/pair.sh.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=peer.sh
. "$(dirname "${BASH_SOURCE[0]}")/peer.sh"

timeout 15 psql --no-psqlrc --no-password --quiet --no-align --tuples-only --field-separator $'\t' \
  --set ON_ERROR_STOP=1 --port "$PORT" --username postgres --dbname postgres <<'SQL'
select 'role', case when pg_is_in_recovery() then 'standby' else 'primary' end;
select 'system', system_identifier from pg_control_system();
select 'received', coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) where pg_is_in_recovery();
select 'replayed', pg_last_wal_replay_lsn() where pg_is_in_recovery();
select 'behind', pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) where pg_is_in_recovery();
select 'streaming', status = 'streaming' from pg_stat_wal_receiver;
select 'follower', application_name, state, sync_state, pg_wal_lsn_diff(pg_current_wal_lsn(), flush_lsn)
  from pg_stat_replication where state = 'streaming' and not pg_is_in_recovery();
SQL
printf 'timeline\t%s\n' "$(own_timeline)"
if [ -s "$notes/contact" ]; then
  IFS='|' read -r epoch lsn <"$notes/contact"
  printf 'contact\t%s\t%s\n' "$epoch" "$lsn"
fi
if ask_peer; then printf 'peer\t%s\t%s\t%s\n' "$peer_role" "$peer_system" "$peer_timeline"; fi
