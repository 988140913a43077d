# shellcheck shell=bash disable=SC2154
# postgres-restore.sh: a history becomes a running cluster again, in a container of its own without a network. Sourced.

# Who sources this says which container is its own: two that restore at once must not take each other's.
restored=${restored:-homelab-restore}
# A history that was set aside has more after its cluster's identifier.
cluster_of_history() {
  local name=${HISTORY##*/}
  printf '%s\n' "${name%%.*}"
}
in_restored() { podman exec -i --env "PGOPTIONS=$pinned" --user postgres "$restored" "$@"; }

# served FOLDER [OPTIONS…] -- ARGUMENTS…: a server of the image on FOLDER, in the container $restored. It runs code of the
# databases' owners when a dump is restored (checks, generated columns): it has no network, no rights, and nothing of this
# machine but what is given to it.
served() {
  local folder=$1 options=()
  shift
  while [ "$1" != -- ]; do options+=("$1") && shift; done
  shift
  needs_image "$POSTGRES_IMAGE" storage
  without_locks podman run --detach --replace --name "$restored" --pull never --network none --user "$owner" --cap-drop all \
    --security-opt no-new-privileges --tmpfs /run/postgresql:rw,mode=3777 --shm-size 256m --stop-timeout 120 --volume "$folder:/var/lib/postgresql" "${options[@]}" \
    "$POSTGRES_IMAGE" postgres -c listen_addresses= "$@" >/dev/null
}

# demanded DATA: what recovery of this data demands, as options of the server. From its control data; where WAL may have
# raised it since, more, for that costs next to nothing.
demanded() {
  local said name least value
  said=$(in_image none --volume "$1:/restored:ro" -- pg_controldata /restored)
  while read -r name least; do
    value=$(sed -n "s/^${name/prepared_transactions/prepared_xacts} setting: *//p" <<<"${said//max_locks_per_xact/max_locks_per_transaction}")
    if [ "${value:-0}" -lt "$least" ]; then value=$least; fi
    printf -- '-c\n%s=%s\n' "$name" "$value"
  done <<'NEEDED'
max_connections 100
max_worker_processes 32
max_wal_senders 32
max_prepared_transactions 1000
max_locks_per_transaction 256
NEEDED
}

# preloaded NAME: the libraries that the server had when it was backed up, as an option of the server.
preloaded() {
  local libraries
  libraries=$(info "$HISTORY/base/$1" preload)
  if [ -z "$libraries" ]; then libraries=$(info "$HISTORY/dump/$1" preload); fi
  printf -- '-c\nshared_preload_libraries=%s\n' "$libraries"
}

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
  materialised=$1
  touch "$2/18/docker/recovery.signal"
  chown "$owner" "$2/18/docker/recovery.signal"
}

# recover FOLDER WAL NAME VALUE: starts the cluster in FOLDER and waits until what is in WAL is replayed up to where NAME
# (recovery_target_name, recovery_target_time, or `latest`) says, and it is a cluster that can be written to.
recover() {
  local target=() needed=() until=$((SECONDS + RESTORE_TIMEOUT))
  if [ "$3" != latest ]; then target=(-c "$3=$4"); fi
  # The server's own configuration is not in its data: what recovery demands is, and a hot standby would demand no more.
  mapfile -t needed < <(demanded "$1/18/docker" && preloaded "$materialised")
  # shellcheck disable=SC2016 # %f and %p are PostgreSQL's
  served "$1" --volume "$2:/wal:ro" -- "${needed[@]}" -c hot_standby=off -c archive_mode=off -c shared_buffers=128MB \
    -c wal_level=replica -c restore_command='cp "/wal/%f" "%p" 2>/dev/null || cp "/wal/%f.partial" "%p" 2>/dev/null' \
    -c recovery_target_action=promote "${target[@]}"
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

# holds FOLDER base|dump: every database holds what is recorded in the dump in FOLDER: of a base backup at the moment which both
# know, of a dump as it was dumped. Prints how many tables and rows that was, and what could not be compared.
holds() {
  local file now side differs apart=0 without=0 versions
  now=$(mktemp -d)
  differs=$now/.differs
  for file in "$1"/facts/* "$1"/apart/*; do
    [ -e "$file" ] || continue
    if [ "$2" = base ] && [ "${file%/*}" = "$1/apart" ]; then
      apart=$((apart + 1))
      continue
    fi
    facts in_restored "$(database_of "${file##*/}")" >"$now/is" || fail "What ${file##*/} holds could not be read."
    # What was not read then, or is in the base backup only.
    { sed -n 's/^{"table" : \(.*\), "failed" : true}$/\1/p' "$file"; if [ "$2" = dump ]; then cat "$1/missing/${file##*/}" 2>/dev/null || true; fi; } >"$now/without"
    without=$((without + $(wc -l <"$now/without")))
    versions=$(info "$1" facts)
    for side in "$file" "$now/is"; do
      # A backup of an earlier version of these scripts has another sum.
      awk -v without="$now/without" -v old="$([ "$versions" = 2 ] && echo 0 || echo 1)" '
        BEGIN { while ((getline line <without) > 0) left[line] = 1 }
        { name = $0; sub(/^\{"table" : /, "", name); sub(/, "(rows|failed)" : .*$/, "", name) }
        !(name in left) { if (old) sub(/, "sum" : .*/, ""); print }' "$side" >"$now/$([ "$side" = "$file" ] && echo was || echo has)"
    done
    if ! diff "$now/was" "$now/has" >"$differs.one"; then
      { echo "${file##*/}:" && cat "$differs.one"; } >>"$differs"
    fi
    cat "$now/has" >>"$now/all"
  done
  if [ -s "$differs" ]; then
    say "$(head -n 20 "$differs")"
    fail "The restored cluster does not hold what was backed up ($1): < is what it held, > is what it holds."
  fi
  printf '%s tables, %s rows' "$(grep -c '"table"' "$now/all" 2>/dev/null || true)" \
    "$(sed -n 's/.*"rows" : \([0-9]*\).*/\1/p' "$now/all" 2>/dev/null | awk '{ rows += $1 } END { print rows + 0 }')"
  if [ "$apart" != 0 ]; then printf ' (without %s databases that no moment was found for)' "$apart"; fi
  if [ "$without" != 0 ]; then printf ' (without %s tables that could not be read when it was made)' "$without"; fi
  rm -rf "$now"
}

# database_of FILE: the database that `filename` made it of.
database_of() {
  local name=${1//%/\\x}
  printf '%b' "$name"
}
