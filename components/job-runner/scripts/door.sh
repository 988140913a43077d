#!/bin/bash
# What a worker asks of this node, one question a connection on standard input, answered line by line on standard output:
#   run JOB RUN ATTEMPT CID   begins the job as a unit of systemd's, or goes on watching it; then `out` lines, and `ended`
#   watch JOB RUN ATTEMPT CID the same for a run whose worker was lost, but begins nothing: `lost` when nothing is known of it
#   stop JOB RUN              ends it, if it is this run's
# Only jobs that are declared can be begun; they are in the file of the first argument, a line each: JOB KEY BASE64. A unit
# is called homelab-job-JOB: the name is the lock, so a job never runs twice at once. It is systemd's, not the
# connection's: whoever asked may vanish, and asks again.
set -euo pipefail
declared=$1
here=$(dirname "${BASH_SOURCE[0]}")
state=/run/homelab/jobs

# Whoever asked may be gone, which is no failure of this.
answer() {
  local IFS=$'\t'
  printf '%s\n' "$*" 2>/dev/null || exit 0
}
refuse() {
  answer refused "$1"
  exit 0
}

IFS=' ' read -r -t 10 verb job run attempt cid rest || true
[[ ${job:-} =~ ^[a-z][a-z0-9-]{0,59}$ && ${run:-} =~ ^[0-9a-f-]{36}$ && -z ${rest:-} ]] || refuse "This is no question."
unit=homelab-job-$job.service
mkdir -p "$state/runs" "$state/now"

# What is declared of the job: its values under a key, decoded, each in an element of `found`.
lookup() {
  local value
  found=()
  while IFS=$'\t' read -r _ _ value; do
    # A value may end with empty lines, which $(…) takes away.
    value=$(base64 -d <<<"$value" && printf x)
    found+=("${value%x}")
  done < <(grep "^$job"$'\t'"$1"$'\t' "$declared" || true)
}
is_running() {
  case $(systemctl show --value --property ActiveState "$unit") in
    active | activating | deactivating | reloading) true ;;
    *) false ;;
  esac
}
holder() { cat "$state/now/$job" 2>/dev/null || true; }

lock=$state/now/$job.lock
if [ "$verb" = stop ]; then
  # One that is just being begun is there once the lock is free.
  flock "$lock" true
  if is_running && [ "$(holder)" = "$run" ]; then
    systemctl stop "$unit"
    answer stopped "$unit"
  else
    answer "nothing runs"
  fi
  exit 0
fi

[[ $verb =~ ^(run|watch)$ && ${attempt:-} =~ ^[0-9]+\.[0-9]+$ && ${cid:-} =~ ^[0-9a-f]{32}$ ]] || refuse "This is no question."
lookup argument
[ ${#found[@]} -gt 0 ] || refuse "$job is not declared on this node: run pulumi up for its stack."
arguments=("${found[@]}")
ended=$state/runs/$run.$attempt
cursor=$state/runs/$run.$attempt.cursor

begin() {
  local status=0
  # Who is told of what other runs did is told within a week, or never.
  find "$state/runs" -type f -mtime +7 -delete
  printf '%s\n' "$run" >"$state/now/$job"
  umask 077
  lookup success
  local success=${found[0]:-0}
  lookup environment
  printf '%s' "${found[@]}" >"$state/now/$job.environment"
  printf 'HOMELAB_JOB="%s"\nHOMELAB_CORRELATION_ID="%s"\nTRACEPARENT="00-%s-%s-01"\n' \
    "$job" "$cid" "$cid" "$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')" >>"$state/now/$job.environment"
  lookup input
  printf '%s' ${found[@]+"${found[@]}"} >"$state/now/$job.input"
  journalctl --quiet --lines 1 --output cat --cursor-file "$cursor" >/dev/null || true
  systemd-run --quiet --no-block --collect --unit "$unit" --description "job $job, correlation_id=$cid" \
    --property "EnvironmentFile=$state/now/$job.environment" --property "StandardInput=file:$state/now/$job.input" \
    --property "ExecStopPost=+$here/ended.sh $ended $success" "${arguments[@]}" 2>"$ended.said" || status=$?
  if [ "$status" -ne 0 ]; then
    printf 'failure\tit could not be begun: %s\n' "$(tr '\n' ' ' <"$ended.said")" >"$ended"
  fi
  rm -f "$ended.said"
}

# last_end: sets `ended` to the last end that was noted of this run, whichever attempt it was of; to nothing where there is none.
last_end() {
  local each
  ended=''
  for each in "$state/runs/$run".*; do
    if [[ $each =~ \.[0-9]+\.[0-9]+$ && ( -z $ended || $each -nt $ended ) ]]; then ended=$each; fi
  done
}

exec 9>"$lock"
flock 9
if [ ! -e "$ended" ]; then
  if is_running && [ "$(holder)" = "$run" ]; then
    # This run's own, which lost its watcher: it is watched further, whichever attempt began it.
    ended=$(systemctl show --value --property ExecStopPost "$unit" | grep -oE "$state/runs/[0-9a-f.-]+" | head -n 1)
    cursor=$ended.cursor
  elif [ "$verb" = watch ]; then
    last_end
    if [ -z "$ended" ]; then
      answer lost "its worker vanished, and nothing is known of how it ended"
      exit 0
    fi
    cursor=$ended.cursor
    # What is said now is the other run's.
    if is_running; then others=yes; fi
  elif is_running; then
    answer busy "run $(holder) of $job still runs as $unit"
    exit 0
  else
    begin
  fi
fi
flock -u 9
answer begun "$unit"

# A copy, so that another watcher begins where the job began.
follow=$(mktemp "$state/now/$job.XXXXXX")
trap 'rm -f "$follow"' EXIT
cp -f "$cursor" "$follow" 2>/dev/null || rm -f "$follow"
lines() {
  [ -z "${others:-}" ] || return 0
  journalctl --quiet --output cat --cursor-file "$follow" "_SYSTEMD_UNIT=$unit" --no-pager |
    sed -u $'s/^/out\t/' 2>/dev/null || [ "${PIPESTATUS[1]}" -eq 0 ] || exit 0
}
quiet=0
until [ -e "$ended" ]; do
  lines
  if is_running; then quiet=0; else quiet=$((quiet + 1)); fi
  # The machine was started again in between, or somebody took it away.
  [ "$quiet" -lt 8 ] || break
  sleep 1
done
journalctl --sync 2>/dev/null || true
lines
if [ -e "$ended" ]; then
  answer ended "$(cat "$ended")"
else
  # What systemd could not begin at all (no such user, no such directory) has no end either.
  said=$(journalctl --quiet --output cat --unit "$unit" --lines 20 --no-pager | grep 'Main process exited' | tail -n 1 || true)
  answer ended failure "nothing is known of how it ended${said:+: $said}"
fi
