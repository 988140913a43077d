# shellcheck shell=bash disable=SC2154
# postgres-restore.sh: a history becomes a running cluster again, in a container of its own without a network. Sourced.

restored=homelab-restore
# A history that was set aside has more after its cluster's identifier.
cluster_of_history() {
  local name=${HISTORY##*/}
  printf '%s\n' "${name%%.*}"
}
in_restored() { podman exec -i --user postgres "$restored" "$@"; }

# newest_before MOMENT: the newest base backup that had ended by then (as `date` reads it), or the newest of all.
newest_before() {
  local each found='' moment
  if [ "$1" = latest ]; then
    backups base | tail -n 1
    return
  fi
  moment=$(date -d "$1" +%s) || fail "$1 is no moment: write it as '2026-11-26 14:30:00+00'."
  for each in $(backups base); do
    # The dump of the same run ends after the base backup.
    if [ "$(stat -c %Y "$HISTORY/base/$each/info")" -le "$moment" ]; then found=$each; fi
  done
  [ -n "$found" ] || fail "There is no base backup from before $1; the oldest is $(backups base | sed -n 1p)."
  printf '%s\n' "$found"
}

# whole_chain NAME: the base backup and all that it builds on are of this history, and as they were written, byte by byte.
whole_chain() {
  local each manifest cluster
  [ -n "$1" ] || fail "There is no base backup in $HISTORY/base."
  cluster=$(cluster_of_history)
  for each in $(chain "$1"); do
    (cd "$HISTORY/base/$each" && sha256sum --quiet --check sums >&2) || fail "Base backup $each is damaged: $HISTORY/base/$each."
    manifest=$HISTORY/base/$each/data/backup_manifest
    grep -q "\"System-Identifier\": $cluster," "$manifest" ||
      fail "Base backup $each is of another cluster than its history, $cluster: $(grep -o '"System-Identifier": [0-9]*' "$manifest")."
    in_image none -- pg_verifybackup --quiet --exit-on-error "/backup/${HISTORY##*/}/base/$each/data" >&2 ||
      fail "Base backup $each is damaged: $HISTORY/base/$each."
  done
}

# materialise NAME FOLDER: it with all that it builds on, as FOLDER/18/docker. To be looked through before.
materialise() {
  local each parts=()
  for each in $(chain "$1"); do parts+=("/backup/${HISTORY##*/}/base/$each/data"); done
  install -d -m 755 "$2"
  install -d -m 700 -o "${owner%:*}" -g "${owner#*:}" "$2/18"
  in_image none --volume "$2:/restored" -- pg_combinebackup --output /restored/18/docker "${parts[@]}" >&2 ||
    fail "The base backups ${parts[*]##*/base/} could not be put together."
  touch "$2/18/docker/recovery.signal"
  chown "$owner" "$2/18/docker/recovery.signal"
}

# recover FOLDER WAL NAME VALUE: starts the cluster in FOLDER and waits until what is in WAL is replayed up to where NAME
# (recovery_target_name, recovery_target_time, or `latest`) says, and it is a cluster that can be written to.
recover() {
  local target=() until=$((SECONDS + RESTORE_TIMEOUT))
  if [ "$3" != latest ]; then target=(-c "$3=$4"); fi
  # The image's parameters, not the server's: what is looked at here needs little. A hot standby would have to be as large.
  # shellcheck disable=SC2016 # %f and %p are PostgreSQL's
  podman run --detach --replace --name "$restored" --pull never --network none \
    --volume "$1:/var/lib/postgresql" --volume "$2:/wal:ro" --stop-timeout 120 "$POSTGRES_IMAGE" \
    postgres -c hot_standby=off -c listen_addresses= -c archive_mode=off -c shared_buffers=128MB -c wal_level=replica \
    -c restore_command='cp "/wal/%f" "%p" 2>/dev/null || cp "/wal/%f.partial" "%p" 2>/dev/null' \
    -c recovery_target_action=promote "${target[@]}" >/dev/null
  until in_restored psql -XAtqc 'select not pg_is_in_recovery()' 2>/dev/null | grep -q t; do
    if [ "$(podman inspect --format '{{.State.Running}}' "$restored")" != true ]; then
      said=$(podman logs "$restored" 2>&1 | tail -n 30)
      podman rm --force "$restored" >/dev/null
      case $said in
      *'recovery ended before configured recovery target was reached'*)
        fail "Recovery came to the end of WAL before ${4:-the end}: the WAL that leads there is missing or damaged, or nothing was written after that moment (then restore to \`latest\`). $(after_gap "$2")Last words: $(tail -n 4 <<<"$said")"
        ;;
      *) fail "The restored PostgreSQL did not start: $said" ;;
      esac
    fi
    [ "$SECONDS" -lt "$until" ] || fail "Recovery did not end within $RESTORE_TIMEOUT s; its words: podman logs $restored"
    sleep 0.2
  done
  [ "$(in_restored psql -XAtqc 'select system_identifier from pg_control_system()')" = "$(cluster_of_history)" ] ||
    fail "What was restored is not the cluster $(cluster_of_history)."
}

# after_gap WAL: a sentence when receiving began anew after this stretch.
after_gap() {
  local next
  next=$(stretches "$HISTORY" | grep -FxA 1 -- "$1" | tail -n 1)
  [ "$next" = "$1" ] ||
    printf '%s ends in a gap: after that the server could not go on with it, and WAL was received anew into %s; what was written from then until the next base backup had been made cannot be restored. ' "${1##*/}" "${next##*/}"
}

# end_restored: with a last checkpoint, as a server is stopped.
end_restored() { podman rm --force --time 120 "$restored" >/dev/null 2>&1 || true; }

# holds FOLDER: every database holds what the facts of the dump in FOLDER say; prints how many tables and rows that was.
holds() {
  local database now tables=0 rows=0
  now=$(mktemp -d)
  in_restored psql -XAtqc 'select datname from pg_database where datallowconn and not datistemplate' |
    while IFS= read -r database; do
      in_restored psql -XAtq -v ON_ERROR_STOP=1 -d "$(conninfo "$database")" <"$tools/facts.sql" |
        sort >"$now/$(filename "$database")" || exit 1
    done
  if ! diff -r "$1/facts" "$now" >"$now.differs"; then
    say "$(head -n 20 "$now.differs")"
    fail "The restored cluster does not hold what was backed up ($1): < is what it held, > is what it holds."
  fi
  tables=$(cat "$now"/* | grep -c '"table"' || true)
  rows=$(cat "$now"/* | sed -n 's/.*"rows" : \([0-9]*\), "sum".*/\1/p' | awk '{ rows += $1 } END { print rows + 0 }')
  rm -rf "$now" "$now.differs"
  printf '%s tables, %s rows\n' "$tables" "$rows"
}
