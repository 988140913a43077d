#!/bin/bash
# Sourced by the scripts of a pair (start.sh, guard.sh, standing.sh): where this server's data is, and what the other
# server says of itself. pair.env is written by the program.
# shellcheck disable=SC1091
. /etc/postgresql/pair.env
data=/var/lib/postgresql/18/docker
# What is known of the pair, beside the cluster: it is not copied with it, and outlives the container.
notes=/var/lib/postgresql/pair
# shellcheck disable=SC2034 # used by the scripts that source this
rejoin="npx homelab rejoin $SELF (docs/runbooks/promote.md)"

replication() { # COMMAND…: commands of the replication protocol to the other server
  local command options=()
  for command in "$@"; do options+=(--command "$command"); done
  PGPASSFILE=$PASSFILE PGCONNECT_TIMEOUT=3 timeout 10 psql --no-psqlrc --no-password --quiet --no-align --tuples-only \
    --set ON_ERROR_STOP=1 "${options[@]}" \
    "host=${PEER_ASKED:-$PEER_ADDRESS} port=${PEER_ASKED_PORTS:-$PEER_PORT} user=$ROLE application_name=$SELF-asks replication=true"
}

# ask_peer: sets peer_system, peer_timeline and peer_role (primary or standby); fails when it does not answer.
ask_peer() {
  local said
  said=$(replication IDENTIFY_SYSTEM 'SHOW in_hot_standby' 2>/dev/null) || return 1
  IFS='|' read -r peer_system peer_timeline _ <<<"${said%%$'\n'*}"
  case ${said##*$'\n'} in
    off) peer_role=primary ;;
    on) peer_role=standby ;;
    *) return 1 ;;
  esac
}

# control KEY: of the cluster's control data. Fails where it cannot be read: that is no answer, least of all an empty one.
control() {
  local said
  said=$(pg_controldata "$data" | sed -n "s/^$1: *//p") && [ -n "$said" ] && printf '%s\n' "$said"
}

# own_timeline: of the checkpoint, or a later one that the server has begun since.
own_timeline() {
  local checkpoint newest
  checkpoint=$(control "Latest checkpoint's TimeLineID") || return 1
  newest=$(find "$data/pg_wal" -maxdepth 1 -name '????????.history' -printf '%f\n' | sort | tail -n 1) || return 1
  newest=$((16#0${newest:0:8}))
  if [ "$newest" -gt "$checkpoint" ]; then printf '%s\n' "$newest"; else printf '%s\n' "$checkpoint"; fi
}

# superseded SYSTEM TIMELINE: is the other a primary that was promoted after this server was? Two primaries of one
# timeline cannot come of a promotion, but neither may then take commits.
superseded() { [ "$peer_role" = primary ] && [ "$peer_system" = "$1" ] && [ "$peer_timeline" -ge "$2" ]; }

# fence: this cluster does not take commits again until somebody says so. standby.signal is PostgreSQL's own lock: with
# it the server is read-only, also when it is started without start.sh.
fence() {
  local text="$PEER's PostgreSQL is primary (timeline $peer_timeline), so $SELF's does not start: no two may take commits. Its data is kept in $DATA_DIRECTORY. The way back: $rejoin."
  printf '%s\n' "$text" >"$notes/fenced.new"
  sync "$notes/fenced.new"
  mv -T "$notes/fenced.new" "$notes/fenced"
  rm -f "$notes/promoted"
  : >"$data/standby.signal"
  sync "$data/standby.signal" "$notes" "$data"
}
