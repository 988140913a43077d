#!/bin/bash
# The node's part of moving databases into its PostgreSQL: the dump folder, and PostgreSQL's own programs in a throwaway
# container of the very image that the server runs from. Input: a line each `KEY VALUE`, `end`; output: see each verb.
# Whoever is not listened to any more ends: a killed command leaves nothing at work.
source head.sh
read_given
trap '' PIPE
verb=${given[verb]} folder=${given[folder]} container=homelab-migration-${given[name]}
item=$folder/${given[item]:-0}

server_image() {
  podman inspect --format '{{.Image}}' postgres 2>/dev/null ||
    fail 21 "PostgreSQL's container is not running here: run \`pulumi up --stack storage\` first."
}

alone() { # One command at a time is the caller's care. A killed one's script notices within two seconds that nobody listens.
  install -d -m 700 "$folder"
  exec 9>"$folder/.lock"
  flock -w 10 9 || {
    podman rm --force --time 0 --ignore "$container" >/dev/null 2>&1
    flock -w 30 9 || fail 23 "Something of an earlier run still uses $folder: look with \`fuser $folder/.lock\` on the node."
  }
  podman rm --force --time 0 --ignore "$container" >/dev/null 2>&1
}

# programs DIRECTORY SCRIPT ARGS…: a script in the container; its standard input is a password.
programs() {
  local directory=$1
  shift
  podman run --rm --interactive --name "$container" --pull never --network host --log-driver none \
    --image-volume ignore --cap-drop all --security-opt no-new-privileges --read-only --tmpfs /tmp \
    --volume "$directory:/work" --workdir /work --user root --entrypoint bash "$image" -c "$@" 9>&-
}

# watched LOG: waits for the job $!, and says every second how much there is in the dump's directory.
watched() {
  local job=$! code=0
  while kill -0 "$job" 2>/dev/null; do
    if ! printf 'bytes\t%s\n' "$(du -s -B1 "$item/dump" 2>/dev/null | cut -f1)" 2>/dev/null; then
      podman rm --force --time 0 --ignore "$container" >/dev/null 2>&1
      exit 1
    fi
    sleep 1
  done
  wait "$job" || code=$?
  if [ "$code" != 0 ]; then fail 22 "$(grep -v '^pg_restore: while' "$1" | cut -c1-300 | tail -n 8 | tr '\n' ' ' | cut -c1-900) (code $code)"; fi
}

case $verb in
look) # Output: image, version, data-free, folder-free, memory, cores, running, and `item N BYTES record|dump`.
  image=$(server_image)
  printf 'image\t%s\n' "$image"
  printf 'version\t%s\n' "$(podman exec postgres pg_dump --version)"
  data=$(podman inspect --format '{{range .Mounts}}{{if eq .Destination "/var/lib/postgresql"}}{{.Source}}{{end}}{{end}}' postgres)
  printf 'data-free\t%s\n' "$(df -B1 --output=avail "$data" | tail -n 1)"
  near=$folder
  while [ ! -d "$near" ]; do near=$(dirname "$near"); done
  printf 'folder-free\t%s\n' "$(df -B1 --output=avail "$near" | tail -n 1)"
  printf 'memory\t%s\n' "$(awk '$1 == "MemAvailable:" { print $2 * 1024 }' /proc/meminfo)"
  printf 'cores\t%s\n' "$(nproc)"
  printf 'running\t%s\n' "$(podman ps --quiet --filter "name=^$container\$")"
  for record in "$folder"/*/; do
    if [ ! -d "$record" ]; then continue; fi
    printf 'item\t%s\t%s\t%s\n' "$(basename "$record")" "$(du -s -B1 "$record" | cut -f1)" \
      "$(if [ -e "$record/source.json" ]; then echo record; else echo dump; fi)"
  done
  ;;
superuser) # Output: the superuser's password, for this connection only.
  printf 'password\t%s\n' "$(podman exec postgres cat /run/secrets/homelab-postgres-superuser | base64 -w0)"
  ;;
dump) # Into a new directory, from a snapshot that the caller holds. Output: `bytes N` every second.
  image=$(server_image)
  alone
  rm -rf --one-file-system "$item"
  install -d -m 700 "$item"
  # shellcheck disable=SC2016 # for the container's shell
  printf '%s\n' "$(decode "${given[password]}")" | programs "$item" '
    IFS= read -r PGPASSWORD
    export PGPASSWORD PGDATABASE=$4 PGSSLMODE=disable PGCONNECT_TIMEOUT=15 PGOPTIONS="-c default_transaction_read_only=on -c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c lock_timeout=0"
    exec pg_dump --no-password --host "$1" --port "$2" --username "$3" --snapshot "$5" --jobs "$6" \
      --format directory --compress lz4 --no-subscriptions --file dump </dev/null' \
    homelab "${given[host]}" "${given[port]}" "$(decode "${given[user]}")" "$(decode "${given[database]}")" \
    "${given[snapshot]}" "${given[jobs]}" >"$item/log" 2>&1 &
  watched "$item/log"
  ;;
keep) # The record of what the source held, beside its dump: with it the dump counts as whole.
  decode "${given[content]}" >"$item/source.json.new"
  sync -f "$item"
  mv "$item/source.json.new" "$item/source.json"
  sync -f "$item"
  ;;
record) # Output: `record BASE64`, when there is one.
  if [ -e "$item/source.json" ]; then printf 'record\t%s\n' "$(base64 -w0 <"$item/source.json")"; fi
  ;;
restore) # Into a database of this server, as a role that is no superuser. Schemas named in `schemas` (base64, by spaces) are there
  # already; extensions are, too; publications named in `publications` and all comments on them are made by the superuser, event triggers by nobody.
  image=$(server_image)
  read -ra schemas <<<"${given[schemas]}"
  read -ra publications <<<"${given[publications]}"
  alone
  # shellcheck disable=SC2016 # for the container's shell
  printf '%s\n' "$(decode "${given[password]}")" | programs "$item" '
    IFS= read -r PGPASSWORD
    export PGPASSWORD PGOPTIONS="-c search_path= -c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=0 -c transaction_timeout=0 -c idle_in_transaction_session_timeout=0 -c synchronous_commit=off -c maintenance_work_mem=$5kB"
    port=$1 database=$2 user=$3 jobs=$4
    shift 5
    # Servers before 18 keep a count of their own among the options of columns (pg_attver, since 17.12), which a pg_dump
    # older than that carries along and no server takes. Replaced by something of the same length that does nothing.
    perl -0777 -pe "s/\bSET \((pg_attver=\d\d+)\)/q{RESET (n_distinct} . q{ } x (length(\$1) - 12) . q{)}/ge;
      s/, pg_attver=\d+(?=[,)])|(?<=[( ])pg_attver=\d+, /q{ } x length(\$&)/ge" dump/toc.dat >toc.new
    # The dump counts as whole already: a power cut must not leave it without its table of contents.
    sync toc.new
    mv toc.new dump/toc.dat
    pg_restore --list dump | grep -vE "^[0-9]+; [0-9]+ [0-9]+ ((COMMENT - )?(EXTENSION|EVENT TRIGGER)|PUBLICATION TABLES IN SCHEMA|COMMENT - PUBLICATION) " >/tmp/list
    kind=SCHEMA
    for encoded in "$@"; do
      if [ "$encoded" = -- ]; then kind=PUBLICATION && continue; fi
      name=$(printf %s "$encoded" | base64 -d) kind="^[0-9]+; [0-9]+ [0-9]+ $kind (- )?" awk "
        match(\$0, ENVIRON[\"kind\"]) && index(substr(\$0, RSTART + RLENGTH), ENVIRON[\"name\"] \" \") == 1 { next }
        { print }" /tmp/list >/tmp/list.new
      mv /tmp/list.new /tmp/list
    done
    exec pg_restore --no-password --host 127.0.0.1 --port "$port" --username "$user" --dbname "$database" \
      --jobs "$jobs" --no-owner --no-privileges --no-tablespaces --exit-on-error --use-list /tmp/list dump </dev/null' \
    homelab "${given[port]}" "${given[database]}" "${given[user]}" "${given[jobs]}" "${given[memory]}" \
    "${schemas[@]}" -- "${publications[@]}" >"$item/log" 2>&1 &
  watched "$item/log"
  ;;
tidy) # The dump goes, the record stays.
  alone
  rm -rf --one-file-system "$item/dump" "$item/log"
  ;;
forget) # Dump and record go: the next run begins anew.
  alone
  rm -rf --one-file-system "$item"
  ;;
*) fail 30 "Unknown verb '$verb'." ;;
esac
