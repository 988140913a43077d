#!/bin/bash
# One of two PostgreSQL servers of which one follows the other: how it stands, and the steps of a promotion. Input:
# `verb look|fence|release|promote|follow|copy`, `text SENTENCE` (fence), `seconds N` (all but look), `end`. Output of
# all: how it stands then, tab-separated lines. No verb deletes data; what is in the way of a copy is set aside.
source head.sh
read_given
unit=postgres.service quadlet=/etc/containers/systemd/postgres.container
if [ ! -e "$quadlet" ]; then
  [ "${given[verb]}" = look ] || fail 40 'there is no PostgreSQL of this project on this node.'
  printf 'unit\tnone\n'
  exit 0
fi
data=$(sed -n 's|^Volume=\(.*\):/var/lib/postgresql$|\1|p' "$quadlet")
cluster=$data/18/docker notes=$data/pair
scripts=/etc/homelab/postgres/conf
is() { systemctl show -p ActiveState --value -- "$unit"; }
paired() { [ -e "$scripts/standing.sh" ]; }
in_container() { timeout 30 podman exec -i --user postgres postgres "$@"; }
standing() { in_container bash /etc/postgresql/standing.sh; }
ask() { in_container psql --no-psqlrc --no-password -qAt --set ON_ERROR_STOP=1 --username postgres --dbname postgres --command "$1"; }
settled() { sync -f "$data"; }
mine() { chown --reference="$notes" -- "$@"; } # start.sh gave that to the server's user
said() { journalctl -u "$unit" -n 20 --no-pager -o cat | grep -F 'docs/runbooks/promote.md' | tail -n 1; }

stop() {
  timeout 170 systemctl stop -- "$unit" || true
  case $(is) in active | activating | deactivating) fail 41 "$unit does not stop: look at it with \`systemctl status $unit\`, then run this again." ;; esac
}
start() {
  systemctl reset-failed -- "$unit" 2>/dev/null || true
  timeout "$((given[seconds] + 60))" systemctl start -- "$unit" || fail 42 "$unit does not start. $(said)"
}
until_true() { # SENTENCE CMD…
  local until=$((SECONDS + given[seconds])) sentence=$1
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$(is)" != failed ] || fail 42 "$unit has ended. $(said)"
    [ "$SECONDS" -lt "$until" ] || fail 43 "$sentence within ${given[seconds]} s: look at it with \`journalctl -u $unit\`, then run this again."
    sleep 0.3
  done
}
answers() { ask 'select 1'; }
streams() { [ "$(ask "select 1 from pg_stat_wal_receiver where status = 'streaming'")" = 1 ]; }
leads() { [ "$(ask 'select pg_is_in_recovery()')" = f ]; }
standby_for_good() { # Read-only however it is started, until it is promoted.
  [ ! -s "$cluster/PG_VERSION" ] || { : >"$cluster/standby.signal" && mine "$cluster/standby.signal"; }
}
note() { # NAME TEXT
  printf '%s\n' "$2" >"$notes/$1.new"
  settle "$notes/$1.new" "$notes/$1"
  mine "$notes/$1"
}

case ${given[verb]} in
look) ;;
fence)
  stop
  note fenced "${given[text]}"
  rm -f "$notes/promoted"
  standby_for_good
  settled
  ;;
release) # Takes back a fence whose reason did not come about.
  rm -f "$notes/fenced" "$cluster/standby.signal"
  settled
  start
  ;;
promote)
  rm -f "$notes/fenced"
  settled
  [ "$(is)" = active ] || start
  until_true 'PostgreSQL does not answer' answers
  leads || [ "$(ask "select pg_promote(true, ${given[seconds]})")" = t ] || fail 44 'PostgreSQL did not promote itself.'
  until_true 'PostgreSQL does not take writes' leads
  # The control file shows the new timeline at once.
  ask checkpoint
  note promoted "$(date -u +%FT%TZ)"
  settled
  ;;
follow)
  standby_for_good
  rm -f "$notes/fenced" "$notes/promoted" "$notes/contact"
  settled
  start
  until_true 'The standby does not follow' streams
  ;;
copy)
  # Looked at before anything is stopped.
  ! mountpoint -q -- "$cluster" ||
    fail 46 "$cluster is a mount point itself, and cannot be set aside: mount its disk at $data instead. Nothing was changed."
  need=0 free=$(df -k --output=avail -- "$data" | tail -n 1)
  if [ -s "$cluster/PG_VERSION" ]; then need=$(du -sk -- "$cluster" | cut -f1); fi
  [ "$free" -gt "$need" ] || fail 45 "$data has $((free / 1024)) MB free, and a copy beside the former data needs about $((need / 1024)) MB: delete former ones ($cluster.before-…) first. Nothing was changed."
  stop
  note copy 'wanted'
  if [ -s "$cluster/PG_VERSION" ]; then mv -T -- "$cluster" "$cluster.before-$(date -u +%Y%m%dT%H%M%SZ)"; fi
  rm -f "$notes/fenced" "$notes/promoted" "$notes/contact"
  settled
  start
  until_true 'The copy is not made' streams
  ;;
*) fail 30 "Unknown verb '${given[verb]}'." ;;
esac

printf 'unit\t%s\n' "$(is)"
printf 'data\t%s\n' "$data"
if [ -s "$notes/fenced" ]; then printf 'fenced\t%s\n' "$(cat "$notes/fenced")"; fi
if [ -s "$notes/promoted" ]; then printf 'promoted\t%s\n' "$(cat "$notes/promoted")"; fi
for former in "$cluster".before-*; do
  if [ -d "$former" ]; then printf 'former\t%s\n' "$former"; fi
done
if [ "$(is)" = active ]; then
  # One that does not answer is still what its data says.
  if paired && ! standing 2>/dev/null && [ -e "$cluster/standby.signal" ]; then printf 'role\tstandby\n'; fi
elif [ -s "$cluster/PG_VERSION" ]; then
  if [ -e "$cluster/standby.signal" ]; then printf 'role\tstandby\n'; fi
  # Without a server the control file is asked, by the image's own program.
  podman run --rm --pull never --network none --log-driver none --entrypoint pg_controldata --volume "$data:/var/lib/postgresql:ro" \
    "$(sed -n 's/^Image=//p' "$quadlet")" /var/lib/postgresql/18/docker |
    sed -n 's/^Database system identifier: */system\t/p; s/^Latest checkpoint location: */checkpoint\t/p; s/^Database cluster state: */state\t/p; s/^Latest checkpoint.s TimeLineID: */timeline\t/p' ||
    # Its image may be gone, which an up brings back: that must not be what keeps the up from beginning.
    printf '%s\n' 'The control file could not be read.' >&2
fi
