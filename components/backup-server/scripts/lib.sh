# shellcheck shell=bash
# lib.sh: what the scripts of the backup share. Sourced by each of them; they run on the node as root.
set -euo pipefail
shopt -s inherit_errexit
umask 077
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# Written by Pulumi: KEY=value, read as data and never as code.
load_config() {
  local key value
  while IFS='=' read -r key value; do
    case $key in '' | '#'*) ;; *) printf -v "$key" '%s' "$value" ;; esac
  done <"${HOMELAB_BACKUP_CONFIG:-/etc/homelab/backup/config}"
}
load_config

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*" && exit 1; }
# What somebody has to decide, not to repair. Its exit code tells the two apart.
refuse() { say "$*" && exit 3; }

# on_its_disk: what was a disk of its own is not written to while that disk is missing: what is there then is the system's.
# Which disk it was is noted where this program keeps what it knows of the node, so that it outlives the stack.
on_its_disk() {
  local note=${HOMELAB_BACKUP_CONFIG:-/etc/homelab/backup/config} now was
  note=${note%/*}/disk
  note=${note/#\/etc\/homelab\//\/var\/lib\/homelab\/}
  was=$(sed -n "s|^$BACKUP_DIRECTORY on ||p" "$note" 2>/dev/null || true)
  now=$(stat -c %m -- "$BACKUP_DIRECTORY" 2>/dev/null || true)
  if [ "$now" = "$was" ]; then return 0; fi
  case $was in
  '' | /) ;;
  # Moved by hand to a disk that is mounted further down, or in the place of the former one.
  *)
    [[ $now == "$was"/* ]] ||
      fail "$BACKUP_DIRECTORY is on the disk that is mounted at $was, which is not mounted now: nothing was written. Mount it (findmnt, /etc/fstab). If the backups are on the system's own disk from now on: rm $note"
    ;;
  esac
  [ -n "$now" ] || return 0
  # Half of a note would say that it was no disk. One that cannot be made today is made by the next job.
  if { mkdir -p "${note%/*}" && printf '%s on %s\n' "$BACKUP_DIRECTORY" "$now" >"$note.new" && sync "$note.new" && mv -T -- "$note.new" "$note"; } 2>/dev/null; then
    return 0
  fi
  rm -f -- "$note.new" 2>/dev/null || true
}
on_its_disk

# needs_image IMAGE STACK: is it on this machine? Nothing here pulls one: what runs is what the program pinned.
needs_image() {
  podman image exists "$1" ||
    fail "The image $1 is missing on this machine; \`podman system prune -a\` takes away what runs only now and then. To bring it back: pulumi up --stack $2"
}

# not_created REPOSITORY WHERE SAID: why restic did not create the repository, and what to do where it lies.
not_created() {
  case $3 in
  *"already contains keys"*) fail "$1 was begun and never became whole: it has a key and no configuration, so nothing can be in it. $2, remove the files in its folder keys (the next cleaning there does so by itself), and run this again." ;;
  *) fail "$1 could not be created: $(tail -n 2 <<<"$3")" ;;
  esac
}

# What outlives a run but is no backup: when each job last went well.
notes=$BACKUP_DIRECTORY/.notes
mkdir -p "$notes"

# write FILE [MODE]: standard input becomes the file, all or nothing, and is on the disk when this returns.
write() {
  local temp
  temp=$(mktemp "${1%/*}/.new.XXXXXX")
  # Half of a file on a full disk would only make it fuller.
  if ! cat >"$temp" || ! chmod "${2:-600}" "$temp" || ! sync "$temp" || ! mv -T -- "$temp" "$1" || ! sync "${1%/*}"; then
    rm -f -- "$temp"
    return 1
  fi
}

# counted KIND: standard input says how much a job dealt with. It is for Prometheus, and no reason to fail.
counted() { write "$notes/$1.bytes" || true; }

# metrics NAME: standard input becomes a file for the textfile collector of Prometheus' node exporter.
metrics() {
  (umask 022 && mkdir -p "$METRICS_DIRECTORY")
  write "$METRICS_DIRECTORY/homelab_$1.prom" 644
}

# Locks. What may not run at the same time, in one table; what may has containers and folders of its own names.
#
#   server      the running PostgreSQL, its data directory, and which cluster is backed up
#   history     that base backups, dumps and WAL which are there stay there
#   buckets     the mirror of the buckets
#   cluster     the copies of the cluster's state
#   repository  that what is in the nodes' repositories here stays there
#   off-node    that what is in the repository off this machine stays there
#
# `shared` needs it as it is, `exclusive` changes it. Of one KIND there is only one at a time, whatever it locks. Locks are
# always taken in the order above, so that no two jobs wait for each other.
locks_of() {
  case $1 in
  # Its retention locks the history exclusively, for as long as it takes things away.
  postgres) echo server=shared ;;
  postgres-drill) echo history=shared buckets=shared cluster=shared ;;
  # `restore dump`
  dump) echo history=shared ;;
  # `restore postgres`
  restore) echo server=exclusive history=exclusive ;;
  from-off-node) echo server=exclusive history=exclusive buckets=exclusive cluster=exclusive repository=exclusive off-node=shared ;;
  accept-cluster) echo server=exclusive ;;
  buckets) echo buckets=exclusive ;;
  buckets-restore) echo buckets=shared ;;
  # Its copy, and putting one back.
  cluster) echo cluster=exclusive ;;
  # What it takes away, in the repositories here and off this machine, it locks exclusively for that long.
  off-node) echo history=shared buckets=shared cluster=shared repository=shared off-node=shared ;;
  # It may never wait for an off-node that goes on for hours.
  off-node-wal) echo history=shared off-node=shared ;;
  # Of the nodes' repositories; a job for each repository's own machine.
  keep) echo repository=exclusive ;;
  keys) echo repository=exclusive ;;
  esac
}
declare -A lock_fds=()

# lock NAME shared|exclusive [SECONDS]: holds it until `unlock NAME` or the end of this process, and waits for whoever
# stands in its way. Fails after so many seconds; 0 asks once. To hold it in another way, unlock it first.
lock() {
  local name=$1 mode=$2 patience=${3:-14400} fd
  mkdir -p "$notes/locks"
  exec {fd}>>"$notes/locks/$name"
  if ! flock --nonblock "--$mode" "$fd"; then
    if [ "$patience" != 0 ]; then say "Waits for $(holders "$name")."; fi
    if ! flock --wait "$patience" "--$mode" "$fd"; then
      exec {fd}>&-
      if [ "$patience" != 0 ]; then say "Waited $patience s for $(holders "$name")."; fi
      return 1
    fi
  fi
  lock_fds[$name]=$fd
}
unlock() {
  local fd=${lock_fds[$1]:-}
  [ -n "$fd" ] || return 0
  exec {fd}>&-
  unset "lock_fds[$1]"
}

# holders NAME: who holds it now, for people.
holders() {
  local file kind pid since said=''
  for file in "$notes/locks"/*.holder; do
    read -r kind pid since 2>/dev/null <"$file" || continue
    if [[ " $(locks_of "$kind")" = *" $1="* || $kind = "$1" ]] && [ -e "/proc/$pid" ]; then
      said+="${said:+ and }$kind (process $pid, at work since $(date -d "@$since" '+%F %T %z'))"
    fi
  done
  printf '%s\n' "${said:-something that holds the lock $notes/locks/$1 (fuser -v shows it)}"
}

# without_locks COMMAND…: what outlives this process must not hold its locks.
without_locks() (
  for fd in "${lock_fds[@]}"; do exec {fd}>&-; done
  exec "$@"
)

# claim KIND: one of a kind at a time.
claim() {
  lock "$1.kind" exclusive 0 || fail "Another $1 is at work, $(holders "$1"): wait until it has ended."
  # For people only: on a full disk this job may be the one that makes room.
  { printf '%s %s %s\n' "$1" "$$" "$EPOCHSECONDS" >"$notes/locks/$1.holder"; } 2>/dev/null || true
}

# with_locks KIND COMMAND…: with the locks that the kind needs, and has claimed; they are gone when it returns. Neither this
# nor `alone` may stand in a condition: there `set -e` would count for nothing. Whoever holds a lock and starts another job
# that needs it waits for itself.
with_locks() (
  kind=$1
  shift
  for each in $(locks_of "$kind"); do
    lock "${each%=*}" "${each#*=}" "${LOCK_PATIENCE:-14400}" || fail "The $kind has not begun: try again when that has ended."
  done
  "$@"
)

# alone KIND COMMAND…: what is no job of a timer: the same without a word to Prometheus.
alone() (
  claim "$1"
  with_locks "$@"
)

# try COMMAND…: sets `tried` to its exit code; nothing else of this script ends with it. Not for use in a condition.
try() {
  set +e
  (
    set -e
    "$@"
  )
  # shellcheck disable=SC2034 # used by who sources this
  tried=$?
  set -e
}

# synchronized: is the clock kept right? A container has that of its host.
synchronized() {
  systemd-detect-virt --quiet --container || [ -e /etc/homelab/clock-is-kept ] ||
    [ "$(timedatectl show --property NTPSynchronized --value 2>/dev/null)" = yes ]
}

# clock_doubt MOMENTS…: why nothing may be taken away by this clock: it is not synchronized, or stands before something
# that has happened already (seconds since 1970: of what is in the backup; those of each job's last success are added).
# Prints nothing when it may be trusted. A clock that is ahead is not seen by this: retention has to count in what is there.
clock_doubt() {
  local now newest=0 each past='' seen=''
  now=$(date +%s)
  read -r past seen 2>/dev/null <"$notes/clock-accepted" || true
  for each in "$@" $(cut -d' ' -f1 -s "$notes"/*.success 2>/dev/null); do
    [[ $each =~ ^[0-9]+$ ]] || continue
    # Made while the clock was ahead, and somebody said so.
    if [ -n "$seen" ] && [ "$each" -gt "$past" ] && [ "$each" -le "$seen" ]; then continue; fi
    if [ "$each" -gt "$newest" ]; then newest=$each; fi
  done
  # A clock may be put back a little by what keeps it right.
  if [ "$((now + 300))" -lt "$newest" ]; then
    printf '%s' "The clock says $(date -u -d "@$now" '+%F %T+00'), but something here was made at $(date -u -d "@$newest" '+%F %T+00'): nothing old is taken away. Put the clock right; if it is right now and was ahead then: npx homelab restore accept-clock"
  elif ! synchronized; then
    printf '%s' "The clock is not synchronized (timedatectl): nothing old is taken away. Switch time synchronization on; where the clock is kept right by something else, such as a virtual machine's host: touch /etc/homelab/clock-is-kept"
  fi
}

# accept_clock MOMENTS…: the clock is right, and what was made later than now was made by one that was ahead.
accept_clock() {
  synchronized || fail "The clock is not synchronized (timedatectl): nothing was changed."
  local now each newest
  now=$(date +%s)
  newest=$now
  for each in "$@" $(cut -d' ' -f1 -s "$notes"/*.success 2>/dev/null); do
    if [[ $each =~ ^[0-9]+$ ]] && [ "$each" -gt "$newest" ]; then newest=$each; fi
  done
  printf '%s %s\n' "$now" "$newest" | write "$notes/clock-accepted"
}

# job KIND COMMAND…: runs a job, one of a kind at a time and with its locks, and tells Prometheus how it went. The command
# says by `counted` how much it dealt with.
job() {
  local kind=$1 began=$EPOCHSECONDS status last seconds bytes
  claim "$kind"
  # Not as part of a condition: there `set -e` would count for nothing.
  set +e
  (
    set -e
    with_locks "$@"
  )
  status=$?
  set -e
  seconds=$((EPOCHSECONDS - began))
  read -r last _ bytes < <(cat "$notes/$kind.success" 2>/dev/null || echo 0 0 0) || true
  if [ "$status" = 0 ]; then
    last=$EPOCHSECONDS bytes=$(cat "$notes/$kind.bytes" 2>/dev/null || echo 0)
    printf '%s %s %s\n' "$last" "$seconds" "$bytes" | write "$notes/$kind.success" || say "WARNING: that this went well could not be noted in $notes."
  elif narrow 64; then
    say "$(no_room)"
  fi
  metrics "job_$kind" <<PROM || say "WARNING: how this went could not be told to Prometheus, in $METRICS_DIRECTORY."
# TYPE homelab_job_success gauge
homelab_job_success{job_kind="$kind"} $((status == 0))
# TYPE homelab_job_refused gauge
homelab_job_refused{job_kind="$kind"} $((status == 3))
# TYPE homelab_job_last_run_timestamp_seconds gauge
homelab_job_last_run_timestamp_seconds{job_kind="$kind"} $EPOCHSECONDS
# TYPE homelab_job_last_success_timestamp_seconds gauge
homelab_job_last_success_timestamp_seconds{job_kind="$kind"} $last
# TYPE homelab_job_duration_seconds gauge
homelab_job_duration_seconds{job_kind="$kind"} $seconds
# TYPE homelab_job_bytes gauge
homelab_job_bytes{job_kind="$kind"} $bytes
PROM
  return "$status"
}

# free_at PATH: bytes that are free on its disk. free_bytes: on the backup's.
free_at() { df --output=avail -B1 -- "$1" | tail -n 1; }
free_bytes() { free_at "$BACKUP_DIRECTORY"; }
# narrow MEGABYTES: is less than that left on the backup's disk?
narrow() { [ "$(free_bytes)" -lt $(($1 << 20)) ]; }
no_room() {
  printf '%s' "The disk of $BACKUP_DIRECTORY is full: $(($(free_bytes) >> 20)) MB are left. What may go has gone; make it larger, lower homelab:backup.keepDays, or look for what else is on it: du -xh --max-depth=2 $BACKUP_DIRECTORY. Every job goes on by itself once there is room."
}

# mirror_whole: the mirror of MinIO's buckets is as it was written. An empty list sha256sum takes for a mistake; it is right
# for buckets that hold nothing.
mirror_whole() {
  local mirror=$BACKUP_DIRECTORY/buckets sums=$BACKUP_DIRECTORY/buckets.facts/.sums
  if [ -s "$sums" ]; then
    (cd "$mirror" && sha256sum --quiet --check "$sums" >&2)
  else
    [ -e "$sums" ] && [ -z "$(find "$mirror" -type f -print -quit)" ]
  fi
}

# soon JOB: starts it beside this one, when it is set up.
soon() { if systemctl cat "homelab-backup-$1.service" >/dev/null 2>&1; then systemctl start --no-block "homelab-backup-$1.service"; fi; }

# label TEXT: as it may stand between the quotes of a label.
label() {
  local text=${1//\\/\\\\}
  printf '%s' "${text//\"/\\\"}"
}
