#!/bin/bash
# Runs a job that is an image: as a Job of the cluster on this node, whose lines and exit status are this script's own. Arguments:
# K3s' program, the account's kubeconfig, the namespace, the Job's name. Standard input: the Job in JSON, in which @NAME@ stands
# for the variable NAME. It is the main process of the unit homelab-job-NAME, whose name is the lock: what is there when it
# begins was left by a unit that was killed, and goes first. Told to end, it takes the pod along. A server of the cluster that
# is away costs nothing once the pod runs: it is asked until it answers.
# shellcheck disable=SC2317,SC2329 # Some functions are called by their names.
set -euo pipefail
export KUBECONFIG=$2 LC_ALL=C
k3s=$1 namespace=$3 job=$4
patience=${HOMELAB_PATIENCE_SECONDS:-300} glance=10

kubectl() { "$k3s" kubectl --namespace "$namespace" "$@"; }
say() { printf '%s\n' "$*"; }
# Gone with its pod: only then the next one can begin.
take_away() { kubectl delete job "$job" --ignore-not-found --cascade=foreground --timeout="${1}s"; }
fail() {
  say "$1"
  take_away 45 >/dev/null || true
  exit 1
}
ended() {
  trap - TERM
  take_away 45 >/dev/null || say "Its pod is not known to be gone: it may go on until its own limit."
  kill -TERM $$
}
trap ended TERM

# WHAT CMD…: until it succeeds; what the server will never do is told at once. One that was started a moment ago may not know
# the account's rights yet, so "forbidden" alone is no such answer.
insist() {
  local what=$1 said until=$((SECONDS + patience))
  shift
  until said=$("$@" 2>&1); do
    case $said in
      *'(AlreadyExists)'*) return 0 ;; # A former try, whose answer was lost.
      *ValidatingAdmissionPolicy* | *'(BadRequest)'* | *'(NotFound)'* | *'is invalid:'*) fail "The cluster refused $what: $said" ;;
    esac
    [ "$SECONDS" -lt "$until" ] || fail "The cluster did not do within $patience seconds: $what. It said: $said"
    sleep 3
  done
}
manifest=$(sed "s/@HOMELAB_CORRELATION_ID@/$HOMELAB_CORRELATION_ID/g; s/@TRACEPARENT@/$TRACEPARENT/g")
begin() { kubectl --request-timeout=30s create -f - <<<"$manifest"; }
insist "to take away what was left of a former run" take_away 60
insist "to begin $job" begin

# The lines that were not said yet; with --follow until the pod ends or the connection does.
last=''
lines() { # ARG…
  local stamp line since=$last
  while IFS= read -r line || [ -n "$line" ]; do
    stamp=${line%% *}
    [[ $stamp > $since ]] || continue
    last=$stamp
    say "${line#* }"
  done < <(exec "$k3s" kubectl --namespace "$namespace" logs "$pod" --timestamps ${since:+"--since-time=$since"} "$@" 2>/dev/null)
  wait $!
}

# Of its one pod: name, phase, exit status, why it ended, why all of it was ended, why it does not begin yet, and the words for that.
status='{range .items[*]}{.metadata.name}|{.status.phase}|{.status.containerStatuses[*].state.terminated.exitCode}'
status+='|{.status.containerStatuses[*].state.terminated.reason}|{.status.reason}|{.status.containerStatuses[*].state.waiting.reason}'
status+='|{.status.containerStatuses[*].state.waiting.message}{.status.conditions[?(@.reason=="Unschedulable")].message}{"\n"}{end}'
look() { kubectl --request-timeout=20s get pods --selector "batch.kubernetes.io/job-name=$job" --output "jsonpath=$status" 2>/dev/null; }

seen='' told='' stuck=''
while true; do
  said=$(look) || { sleep 3; continue; }
  IFS='|' read -r pod phase code reason evicted waits words <<<"$said" || true
  why=''
  case $phase in
    Running) lines --follow || true ;;
    Succeeded | Failed) break ;;
    Pending)
      case $waits in
        '' | ContainerCreating | PodInitializing) why=$words ;;
        *) why="$waits${words:+: $words}" ;;
      esac
      ;;
    *)
      [ -z "$seen" ] || fail "Its pod was taken away: somebody deleted it, or the node left the cluster."
      why="it has no pod"
      ;;
  esac
  seen+=$pod
  if [ -z "$why" ]; then
    stuck=''
  else
    stuck=${stuck:-$SECONDS}
    [ $((SECONDS - stuck)) -lt "$patience" ] || fail "It did not begin within $patience seconds: $why"
    # Once, and not what passes by.
    if [ $((SECONDS - stuck)) -ge "$glance" ] && [[ $told != *"|$why|"* ]]; then
      say "It waits: $why"
      told+="|$why|"
    fi
  fi
  sleep 2
done
for _ in 1 2 3 4 5; do
  if lines; then break; fi
  sleep 2
done
[ "$phase" != Succeeded ] || exit 0
[ "$reason" != OOMKilled ] || say "It was ended because it took more memory than it may."
if [ -n "$evicted" ] || [ -z "$code" ]; then say "Its pod was ended: ${evicted:-nothing is known of why}"; fi
exit "${code:-1}"
