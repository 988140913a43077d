# shellcheck shell=bash
# progress.sh: steps that run side by side, each with its log, and lines that say what is going on.

declare -A JOB_PID=() JOB_TITLE=() JOB_BEGAN=()
# shellcheck disable=SC2034 # for whoever asked for the jobs
declare -A JOB_TOOK=() JOB_CODE=() # of those that have ended
JOBS_FAILED=()
PROGRESS_BEGAN=$SECONDS

# job NAME TITLE CMD…: starts CMD in the background; its output goes to $LOGS/NAME.log.
job() {
  local name=$1 title=$2
  shift 2
  state_ready
  mkdir -p "$LOGS"
  set -m # a process group of its own: a ctrl-C is passed on by jobs_kill to all of it
  ("$@") >"$LOGS/$name.log" 2>&1 </dev/null &
  JOB_PID[$name]=$!
  set +m
  JOB_TITLE[$name]=$title
  JOB_BEGAN[$name]=$SECONDS
}

jobs_kill() {
  local name
  for name in "${!JOB_PID[@]}"; do as_root kill -TERM -- "-${JOB_PID[$name]}" 2>/dev/null || true; done
  [ ${#JOB_PID[@]} = 0 ] || wait "${JOB_PID[@]}" 2>/dev/null || true
}

progress_stamp() { printf '%3d s  ' $((SECONDS - PROGRESS_BEGAN)); }

# progress LINE: one finished thing.
progress() {
  [ ! -t 2 ] || printf '\r\033[K' >&2
  say "$(progress_stamp)$*"
}

progress_running() {
  local name line=
  for name in "${!JOB_PID[@]}"; do line+="${line:+, }${JOB_TITLE[$name]} ($((SECONDS - JOB_BEGAN[$name])) s)"; done
  line="$(progress_stamp)… $line"
  if [ -t 2 ]; then printf '\r\033[K%s' "${line:0:$((${COLUMNS:-100} - 1))}" >&2; else say "$line"; fi
}

# job_reap NAME: says how it ended; a step that took no time worth a line is left out.
job_reap() {
  local name=$1 took=$((SECONDS - JOB_BEGAN[$1])) code=0
  wait "${JOB_PID[$name]}" || code=$?
  unset "JOB_PID[$name]"
  # shellcheck disable=SC2034
  JOB_TOOK[$name]=$took JOB_CODE[$name]=$code
  if [ $code = 0 ]; then
    [ "$took" -lt 1 ] || progress "${JOB_TITLE[$name]}: done in $took s"
    return 0
  fi
  JOBS_FAILED+=("$name")
  progress "${JOB_TITLE[$name]}: FAILED after $took s; the end of $LOGS/$name.log:"
  tail -n "${JOB_TAIL:-25}" "$LOGS/$name.log" | sed 's/^/       | /' >&2
}

# jobs_wait: until all have ended; a line every 10 s says what still runs. 1 when any failed.
jobs_wait() {
  local name beat=$SECONDS every=10
  [ ! -t 2 ] || every=1
  JOBS_FAILED=()
  while [ ${#JOB_PID[@]} -gt 0 ]; do
    for name in "${!JOB_PID[@]}"; do
      kill -0 "${JOB_PID[$name]}" 2>/dev/null || job_reap "$name"
    done
    [ ${#JOB_PID[@]} -gt 0 ] || break
    if [ $((SECONDS - beat)) -ge $every ]; then
      beat=$SECONDS
      progress_running
    fi
    sleep 0.1
  done
  [ ${#JOBS_FAILED[@]} = 0 ]
}
