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

# What outlives a run but is no backup: when each job last went well.
notes=$BACKUP_DIRECTORY/.notes
mkdir -p "$notes"

# write FILE [MODE]: standard input becomes the file, all or nothing, also when the power goes.
write() {
  local temp
  temp=$(mktemp "${1%/*}/.new.XXXXXX")
  cat >"$temp"
  chmod "${2:-600}" "$temp"
  sync "$temp"
  mv -T -- "$temp" "$1"
}

# metrics NAME: standard input becomes a file for the textfile collector of Prometheus' node exporter.
metrics() {
  (umask 022 && mkdir -p "$METRICS_DIRECTORY")
  write "$METRICS_DIRECTORY/homelab_$1.prom" 644
}

# job KIND COMMAND…: runs a job, one of a kind at a time, and tells Prometheus how it went. The command leaves in
# $notes/KIND.bytes how much it dealt with.
job() {
  local kind=$1 began=$EPOCHSECONDS status last seconds bytes
  shift
  exec 9>"$notes/$kind.lock"
  flock -n 9 || fail "Another $kind is at work: wait until it has ended."
  # Not as part of a condition: there `set -e` would count for nothing.
  set +e
  (
    set -e
    "$@"
  )
  status=$?
  set -e
  seconds=$((EPOCHSECONDS - began))
  if [ "$status" = 0 ]; then
    printf '%s %s %s\n' "$EPOCHSECONDS" "$seconds" "$(cat "$notes/$kind.bytes" 2>/dev/null || echo 0)" | write "$notes/$kind.success"
  fi
  read -r last seconds bytes < <(cat "$notes/$kind.success" 2>/dev/null || echo 0 0 0) || true
  metrics "job_$kind" <<PROM
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
