# shellcheck shell=bash disable=SC2154
# restore-lib.sh: what is looked at before something is restored in the place of what is there. Sourced by restore.sh.
data=$POSTGRES_DATA/18/docker
# There when the server has a standby.
pair=/etc/homelab/postgres/conf/pair.env
peer() { sed -n 's/^PEER=//p' "$pair"; }

# moment TEXT: in UTC, to the microsecond. Without its zone a text is two moments: one here, another in the container.
moment() {
  local seconds
  if [ "$1" = latest ]; then
    echo latest
    return
  fi
  [[ $1 =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}[\ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?\ ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)$ ]] ||
    fail "'$1' is no moment: write it with its zone, such as '2026-11-26 14:30:00+00' (UTC) or '2026-11-26 15:30:00+01'. In this machine's zone it is $(date '+%F %T%:z') now."
  seconds=$(date -u -d "$1" +%s) || fail "'$1' is no moment of any calendar."
  [ "$seconds" -le "$(date +%s)" ] || fail "$1 has not come yet: it is $(date -u '+%F %T+00') now. To restore to the last byte: latest"
  date -u -d "$1" '+%F %T.%6N+00'
}

# meant MOMENT: in words, so that a wrong zone is seen.
meant() {
  local ago
  if [ "$1" = latest ]; then
    echo 'the last byte of WAL that has arrived'
    return
  fi
  ago=$(($(date +%s) - $(date -d "$1" +%s)))
  printf '%s, which is %s on this machine, %s days %s h %s min ago\n' "$1" "$(date -d "$1" '+%F %T %Z')" \
    $((ago / 86400)) $((ago / 3600 % 24)) $((ago / 60 % 60))
}

# candidates MOMENT: base backups that had ended by then, newest first. --base says one.
candidates() {
  local each until=''
  if [ "$1" != latest ]; then until=$(date -d "$1" +%s); fi
  for each in $(backups base | tac); do
    if [ -n "$base_wanted" ] && [ "$each" != "$base_wanted" ]; then continue; fi
    # The dump of the same run ends after the base backup.
    if [ -z "$until" ] || [ "$(stat -c %Y "$HISTORY/base/$each/info")" -le "$until" ]; then printf '%s\n' "$each"; fi
  done
}

# usable NAME MOMENT: it and all that it builds on are whole, and so is the WAL from there to that moment.
usable() {
  local until=''
  if [ "$2" != latest ]; then until=$(date -d "$2" +%s); fi
  whole_chain "$1"
  wal_whole "$(wal_of "$1")" "$(start_segment "$HISTORY/base/$1")" "$until"
}

# choose_base MOMENT: sets `base` to the newest that is whole and reaches it. A damaged one is told, and the one before it
# taken: with its own WAL that comes to the same moment.
choose_base() {
  local each damaged=() status
  base=''
  seal
  for each in $(candidates "$1"); do
    set +e
    (set -e && usable "$each" "$1")
    status=$?
    set -e
    if [ "$status" = 0 ]; then
      base=$each
      break
    fi
    damaged+=("$each")
  done
  if [ -z "$base" ]; then
    [ "${#damaged[@]}" = 0 ] || fail "None of these base backups can be restored, as is said above: ${damaged[*]}."
    fail "There is no base backup ${base_wanted:+$base_wanted }from before $1; there are: $(backups base | paste -sd ' ')."
  fi
  if [ "${#damaged[@]}" != 0 ]; then
    say "WARNING: damaged, as is said above: ${damaged[*]}. The older base backup $base is whole, and so is the WAL after it: it is taken instead."
  fi
}

# room FOLDER NAME: there must be as much as the base backups say that they hold, before anything is begun.
room() {
  local need free each
  need=$((64 << 20))
  for each in $(chain "$2"); do need=$((need + $(du -sb -- "$HISTORY/base/$each/data" | cut -f1))); done
  free=$(free_at "$1")
  [ "$free" -gt "$need" ] ||
    fail "The disk of $1 has $((free >> 20)) MB free, and the restored cluster needs about $((need >> 20)) MB beside what is there. Nothing was begun. What earlier restores and rejoins set aside: $(find "$POSTGRES_DATA" "$BACKUP_DIRECTORY" -maxdepth 3 -name '*.before-*' 2>/dev/null | paste -sd ' ')"
}

# peer_says: `ROLE SYSTEM TIMELINE` of the other server of the pair, asked by the image's own client.
peer_says() {
  # shellcheck disable=SC2016 # for the container's shell
  podman run --rm --pull never --network host --log-driver none --secret homelab-postgres-replication,mode=0400 \
    --volume "${pair%/*}:/etc/postgresql:ro" --entrypoint bash "$POSTGRES_IMAGE" -c '
      . /etc/postgresql/pair.env; PASSFILE=/tmp/passfile
      (umask 077 && printf "*:*:*:%s:%s\n" "$ROLE" "$(cat /run/secrets/homelab-postgres-replication)" >"$PASSFILE")
      sed "s|^\. /etc/postgresql/pair.env||" /etc/postgresql/peer.sh >/tmp/peer.sh; . /tmp/peer.sh
      ask_peer && echo "$peer_role $peer_system $peer_timeline"' </dev/null 2>/dev/null
}

# leads_here: this server is the one that takes writes, or nobody is. In the place of a standby or of a server that was
# superseded a restore would make a second primary, of a past of its own.
leads_here() {
  local role system other way
  way="To bring back a table or a database where writes go now: npx homelab restore dump MOMENT DATABASE [TABLE]. To restore all of it: first make this one primary again, by docs/runbooks/promote.md (npx homelab rejoin storage, then npx homelab promote --switch-over storage)."
  if [ -s "$POSTGRES_DATA/pair/fenced" ]; then
    fail "PostgreSQL here is fenced: $(cat "$POSTGRES_DATA/pair/fenced") Nothing was changed. $way"
  fi
  if [ -e "$data/standby.signal" ]; then
    fail "PostgreSQL here is a standby: writes go to another server, and what is restored here would be a second past beside its. Nothing was changed. $way"
  fi
  [ -e "$pair" ] || return 0
  other=$(peer)
  if read -r role system _ < <(peer_says); then
    [ "$role" != primary ] ||
      fail "$other's PostgreSQL is primary (cluster $system) and answers: with one restored here two would take commits, and $other's would stop as soon as it sees this one. Nothing was changed. $way"
  elif [ -z "$peer_gone" ]; then
    fail "$other's PostgreSQL does not answer, so nobody knows whether it was promoted. Nothing was changed. Turn $other on; or, when you know that it was not promoted or will not come back: --peer-is-gone"
  fi
}

# movable: the data directory of the cluster can be renamed. Everything above it may be a disk's own mount point.
movable() {
  if mountpoint -q -- "$data"; then
    fail "$data is a mount point itself, and cannot be set aside. Nothing was changed. Mount the disk at $POSTGRES_DATA (or at $POSTGRES_DATA/18) instead: stop postgres.service, unmount, move the cluster into the folder docker on that disk, and mount it there."
  fi
}

# exchange A B: the two change places, in one step where the system can do that.
exchange() {
  if mv --exchange -T -- "$1" "$2" 2>/dev/null; then return; fi
  mv -T -- "$2" "$2.leaving"
  mv -T -- "$1" "$2"
  mv -T -- "$2.leaving" "$1"
}
# exchanged B: a former run was cut short between the steps: what was there returns.
exchanged() {
  if [ ! -d "$1.leaving" ]; then
    return 0
  elif [ -e "$1" ]; then
    mv -T -- "$1.leaving" "$1.before-$stamp.former"
  else
    mv -T -- "$1.leaving" "$1"
  fi
}

# agreed: what is about to be done was shown; without --yes that is all. Exit code 4 lets the command ask.
agreed() {
  if [ -z "$yes" ]; then
    say "Nothing has been changed yet. To go on: the same with --yes."
    exit 4
  fi
}
