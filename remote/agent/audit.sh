#!/bin/bash
# What is on this node that would be lost with it. Input: `verb look|remember` (remember keeps the sizes for the next
# look), `end`. Output: tab-separated lines, see policies/audit/parse.ts. Reads only; nothing is changed but $state/audit.
source head.sh
verb='' complete=''
while IFS=$'\t' read -r key rest; do
  case $key in
  verb) verb=$rest ;;
  end) complete=yes ;;
  esac
done
if [ -z "$complete" ] || [ -z "$verb" ]; then fail 30 'The question of the audit arrived cut short.'; fi

# A path with a tab or line end would be another line; such names are shown by their escapes.
line() {
  local out='' word
  for word in "$@"; do
    word=${word//$'\t'/\\t}
    out+=${word//$'\n'/\\n}$'\t'
  done
  printf '%s\n' "${out%$'\t'}"
}
encoded() { base64 -w0; }
bytes() { timeout 120 du -sxb -- "$1" 2>/dev/null | cut -f1 || true; }

# Containers and volumes, those started by hand too.
layers=()
gone() { # ID ENGINE LIST…: what went since the list was made is not there; what only cannot be looked at is
  local id=$1 name=$2 list
  shift 2
  if list=$("$@") && ! grep -qxF -- "$id" <<<"$list"; then return 0; fi
  fail 23 "$name does not say what $id is: what would be lost cannot be known. Once it is told there, run it again."
}
engine() { # NAME COMMAND...
  local name=$1 id upper containers volumes shown
  shift
  # One that does not answer has not said that there is nothing.
  if ! containers=$("$@" ps -aq --no-trunc) || ! volumes=$("$@" volume ls -q); then
    fail 23 "$name does not say which containers and volumes there are: what would be lost cannot be known. Once \`$* ps -a\` answers there, run it again."
  fi
  while IFS= read -r id; do
    [ -n "$id" ] || continue
    if ! shown=$("$@" inspect --type container "$id"); then
      gone "$id" "$name" "$@" ps -aq --no-trunc
      continue
    fi
    line container "$name" "$(encoded <<<"$shown")"
    upper=$("$@" inspect --type container --format '{{index .GraphDriver.Data "UpperDir"}}' "$id" 2>/dev/null || true)
    if [ -d "$upper" ]; then layers+=("$upper"); fi
  done <<<"$containers"
  while IFS= read -r id; do
    [ -n "$id" ] || continue
    if ! shown=$("$@" volume inspect "$id"); then
      gone "$id" "$name" "$@" volume ls -q
      continue
    fi
    line volume "$name" "$(encoded <<<"$shown")" "$(bytes "$("$@" volume inspect --format '{{.Mountpoint}}' "$id")")"
  done <<<"$volumes"
}
if command -v podman >/dev/null; then engine podman podman; fi
if command -v docker >/dev/null && docker info >/dev/null 2>&1; then engine docker docker; fi
for home in /home/*; do
  if [ ! -d "$home/.local/share/containers/storage/volumes" ]; then continue; fi
  for volume in "$home"/.local/share/containers/storage/volumes/*/_data; do
    if [ -d "$volume" ]; then line user-volume "$volume" "$(bytes "$volume")"; fi
  done
done

# K3s keeps claims of local-path in directories; what an agent has beside them it makes anew from the cluster and images.
k3s=$(sed -n 's/^data-dir: *//p' /etc/rancher/k3s/config.yaml 2>/dev/null || true)
k3s=${k3s:-/var/lib/rancher/k3s}
for claim in "$k3s"/storage/* /opt/local-path-provisioner/*; do
  if [ -d "$claim" ]; then line local-path "$claim" "$(bytes "$claim")"; fi
done
if [ -d "$k3s/server/db" ]; then line database K3s "$k3s/server/db" "$(bytes "$k3s/server/db")"; fi
for place in "$k3s/agent" "$k3s/data"; do
  if [ -d "$place" ]; then line declared "$place" "K3s makes it anew: images, containers and its own program" "$(bytes "$place")"; fi
done

# Quadlets and services: what they would make at the next start is judged like the files of the program.
for unit in /etc/containers/systemd/*.* /etc/containers/systemd/users/*/*.* /home/*/.config/containers/systemd/*.* /etc/systemd/system/*.service; do
  if [ ! -f "$unit" ] || [ -L "$unit" ]; then continue; fi
  if shown=$(encoded <"$unit"); then
    line unit "$unit" "$shown"
  elif [ -e "$unit" ]; then
    fail 23 "$unit cannot be read: what it would keep cannot be known."
  fi
done

# Disks of their own.
places=(/)
mounts=$(findmnt -rn -o TARGET,SOURCE,FSTYPE) || fail 23 'findmnt does not say which disks are mounted: what would be lost cannot be known.'
while read -r target source kind; do
  case $kind in ext2 | ext3 | ext4 | xfs | btrfs | zfs | f2fs | bcachefs) ;; *) continue ;; esac
  if [ ! -d "$target" ]; then continue; fi
  case $target in / | /boot* | /usr/* | /run/*) continue ;; esac
  line disk "$target" "$source" "$kind" "$(bytes "$target")"
  case $target in /var/lib/containers* | /var/lib/docker*) ;; *) places+=("$target") ;; esac
done <<<"$mounts"

# Files of databases, in the node's own directories and in what containers wrote beside their volumes.
look() { # PLACE...
  timeout 600 find "$@" -xdev \
    \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /usr -o -path /boot -o -path /tmp \
    -o -path /var/cache -o -path /var/tmp -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/lib/systemd \
    -o -path /var/lib/homelab -o -path /etc \
    -o -path /var/lib/containers/storage/overlay -o -path '/var/lib/containers/storage/overlay-*' -o -path /var/lib/containers/cache \
    -o -path '/var/lib/containers/storage/*.sql*' -o -path '/var/lib/containers/storage/libpod' \
    -o -path /var/lib/docker/overlay2 -o -path /var/lib/docker/image -o -path "$k3s/agent" -o -path "$k3s/data" -o -path '/var/lib/kubelet/pods/*/volumes/kubernetes.io~empty-dir' \) -prune -o \
    \( -name PG_VERSION -o -name ibdata1 -o -name dump.rdb -o -name appendonlydir -o -name WiredTiger -o -name .minio.sys \
    -o -name raft_state.json -o -name mnesia -o -name '*.mdb' -o -name grafana.db -o -name h2.mv.db -o -path '*/member/wal' \
    -o -path '*/nodes/0/_state' -o -name store.fs -o -name jetstream -o \
    \( -type f -size +7k \( -name '*.sqlite' -o -name '*.sqlite3' -o -name '*.db' -o -name '*.duckdb' \) \) \) -print 2>/dev/null
}
found_files=$(mktemp /run/homelab-audit.XXXXXX)
trap 'rm -f "$found_files"' EXIT
# Directories that vanish meanwhile are no failure of the search; that it was ended is.
status=0
look "${places[@]}" "${layers[@]}" >"$found_files" || status=$?
if [ "$status" -ge 124 ]; then fail 23 'The search for files of databases did not end within ten minutes: what would be lost cannot be known. Run it again when the disks of that node are less busy.'; fi
while IFS= read -r found; do
  case ${found##*/} in
  PG_VERSION)
    # Each database of a cluster has one; the cluster's own stands beside `global`.
    if [ ! -d "${found%/*}/global" ]; then continue; fi
    line database PostgreSQL "${found%/*}" "$(bytes "${found%/*}")"
    ;;
  ibdata1) line database MySQL/MariaDB "${found%/*}" "$(bytes "${found%/*}")" ;;
  dump.rdb | appendonlydir) line database Redis/Valkey "$found" "$(bytes "$found")" ;;
  WiredTiger) line database MongoDB "${found%/*}" "$(bytes "${found%/*}")" ;;
  .minio.sys) line database MinIO "${found%/*}" "$(bytes "${found%/*}")" ;;
  raft_state.json) line database Qdrant "${found%/*}" "$(bytes "${found%/*}")" ;;
  mnesia) line database RabbitMQ "$found" "$(bytes "$found")" ;;
  wal) line database etcd "${found%/member/wal}" "$(bytes "${found%/member/wal}")" ;;
  _state) line database Elasticsearch "${found%/nodes/0/_state}" "$(bytes "${found%/nodes/0/_state}")" ;;
  jetstream) line database NATS "$found" "$(bytes "$found")" ;;
  *)
    if [ "$(head -c 15 -- "$found" 2>/dev/null | tr -d '\0')" = 'SQLite format 3' ]; then
      line database SQLite "$found" "$(stat -c %s -- "$found")"
    elif [[ $found =~ \.(mdb|duckdb|fs)$|h2\.mv\.db$ ]]; then
      line database "data file" "$found" "$(stat -c %s -- "$found")"
    fi
    ;;
  esac
done < <(sort -u "$found_files")

# Directories where people keep things, and those in which programs do: their sizes, and the ones of the last look.
kept=$state/audit/sizes
for place in /srv/* /data/* /mnt/* /media/* /home/* /root /opt/* /var/lib/*; do
  if [ ! -d "$place" ] || [ -L "$place" ]; then continue; fi
  case $place in /var/lib/dpkg | /var/lib/apt | /var/lib/containers | /var/lib/docker | /var/lib/homelab) continue ;; esac
  line directory "$place" "$(bytes "$place")"
done >"/run/homelab-audit.$$"
cat "/run/homelab-audit.$$"
if [ -f "$kept" ]; then sed 's/^directory/before/' "$kept"; fi
if [ "$verb" = remember ]; then
  mkdir -p "$state/audit"
  mv "/run/homelab-audit.$$" "$kept"
else
  rm -f "/run/homelab-audit.$$"
fi

# Somebody said of a directory that losing it costs nothing, and why.
while IFS= read -r found; do
  line declared "${found%/*}" "$(head -n 1 -- "$found")" "$(bytes "${found%/*}")"
done < <(timeout 60 find "${places[@]}" -xdev -maxdepth 5 \( -path /proc -o -path /sys -o -path /usr -o -path /var/lib/containers \) -prune -o -name .homelab-ephemeral -type f -print 2>/dev/null || true)
line end
