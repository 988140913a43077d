# shellcheck shell=bash
# stacks.sh: this project's own stacks against the lab: configuration, state, locks, and `pulumi` with all of it set.

# What must be up before what: within a wave side by side. Later stacks read what earlier ones hand out.
STACK_WAVES=("storage" "desktop compute")
STACK_STATE=$STATE/backend/.pulumi/stacks/homelab
STACK_LOCKS=$STATE/backend/.pulumi/locks/organization/homelab

pulumi_environment() {
  local lines
  lines=$("$PROJECT/packages/plugins/toolchain.sh" env)
  eval "$lines"
  mkdir -p "$STATE/backend"
  if [ ! -s "$STATE/passphrase" ]; then head -c 24 /dev/urandom | base64 | atomic_write "$STATE/passphrase" 600; fi
  # Without the files beside the state's own that say of what kind they are: pulumi does not write those in one step,
  # and reads no state beside an empty one, which a killed run may leave.
  export PULUMI_BACKEND_URL="file://${STATE// /%20}/backend?metadata=skip"
  [ ! -e "$STATE/backend/.pulumi/meta.yaml.attrs" ] || find "$STATE/backend" -name '*.attrs' -delete
  export PULUMI_CONFIG_PASSPHRASE_FILE=$STATE/passphrase
  export PULUMI_SKIP_UPDATE_CHECK=true
  unset PULUMI_CONFIG_PASSPHRASE # it would win over the file
}

# stack_configuration NODE: prints the path of the stack's configuration, a copy of lab/stacks/Pulumi.NODE.yaml that
# keeps what `lab/pulumi NODE config set` put there, until the template itself changes.
stack_configuration() {
  local template=$LAB/stacks/Pulumi.$1.yaml file=$STATE/Pulumi.$1.yaml hash
  hash=$(sha256sum <"$template" | cut -c1-16)
  if [ ! -e "$file" ] || [ "$hash" != "$(cat "$STATE/.template-$1" 2>/dev/null)" ]; then
    # The salt stays: what is encrypted with it must stay readable.
    { grep '^encryptionsalt:' "$file" 2>/dev/null || true; cat "$template"; } | atomic_write "$file"
    printf '%s\n' "$hash" | atomic_write "$STATE/.template-$1"
  fi
  printf '%s\n' "$file"
}

# A stack that is not there is made from an empty folder: `stack init` writes its own Pulumi.NODE.yaml, and must not
# do so over the house's.
stack_ensure() {
  local dir
  [ ! -e "$STACK_STATE/$1.json" ] || return 0
  dir=$(mktemp -d "$STATE/.init.XXXXXX")
  printf 'name: homelab\nruntime: nodejs\n' >"$dir/Pulumi.yaml"
  pulumi -C "$dir" stack init "$1" --no-select >/dev/null
  rm -rf "$dir"
}

# lock_holder LOCK: the process that holds it, when that is alive (a zombie has no program) and is a pulumi.
lock_holder() {
  local pid
  pid=$(grep -o '"pid":[0-9]*' "$1" 2>/dev/null | cut -d: -f2) || return 1
  [[ $(readlink "/proc/$pid/exe") == */pulumi* ]] && printf '%s\n' "$pid"
}

# stack_unlock NODE: a killed pulumi leaves its lock; one whose process is gone is taken away, with a sentence.
stack_unlock() {
  local lock
  for lock in "$STACK_LOCKS/$1"/*.json; do
    if [ ! -e "$lock" ] || lock_holder "$lock" >/dev/null; then continue; fi
    say "The last pulumi on $1 was stopped before it could end: taking its lock away."
    rm -f "$lock"
  done
}

# stack_wait NODE: until no other pulumi is at work on the stack; ten minutes at most, then pulumi itself says why not.
stack_wait() {
  local lock pid until=$((SECONDS + 600))
  for lock in "$STACK_LOCKS/$1"/*.json; do
    pid=$(lock_holder "$lock") || continue
    say "Another pulumi (process $pid) is at work on $1: waiting for it."
    while [ -e "$lock" ] && lock_holder "$lock" >/dev/null && [ $SECONDS -lt $until ]; do sleep 0.5; done
  done
}

# pulumi_arguments NODE ARGS…: fills PULUMI_ARGUMENTS with what pulumi is given: the stack, its configuration and the
# policies where the subcommand knows them.
pulumi_arguments() {
  local node=$1 command=${2:-} words=1 extra=() argument
  shift
  case $command in
    up | update | u | preview | pre | refresh | destroy | down | dn | import | watch | logs | config)
      extra=(--stack "$node" --config-file "$(stack_configuration "$node")")
      ;;
    stack | state)
      extra=(--stack "$node")
      [[ ${2:-} == -* || $# -lt 2 ]] || words=2
      case "$command ${2:-}" in "state move" | "state upgrade" | "stack ls") extra=() ;; esac
      ;;
    cancel | about | console) extra=(--stack "$node") ;;
  esac
  case $command in
    up | update | u | preview | pre)
      extra+=(--policy-pack "$PROJECT/policies")
      for argument in "$@"; do [[ $argument != --policy-pack* ]] || extra=("${extra[@]:0:4}"); done
      [ -e "$PROJECT/policies/PulumiPolicy.yaml" ] || extra=("${extra[@]:0:4}")
      ;;
  esac
  PULUMI_ARGUMENTS=("${@:1:words}" "${extra[@]}" "${@:words+1}")
}

# lab_pulumi NODE ARGS…: ends in pulumi itself (exec), inside the lab's network.
lab_pulumi() {
  local node=$1
  pulumi_environment
  stack_ensure "$node"
  stack_unlock "$node"
  pulumi_arguments "$@"
  cd "$PROJECT" || exit 1
  in_netns pulumi "${PULUMI_ARGUMENTS[@]}"
}

# What an interrupted run had begun to make is in the state as "pending". Everything here can be made twice, so the
# next run forgets the note and does it again.
stack_forget_pending() {
  grep -Eq '"pending_operations": *\[ *\{' "$STACK_STATE/$1.json" 2>/dev/null || return 0
  say "The last run on $1 was stopped in the middle: its unfinished steps are done again."
  (lab_pulumi "$1" refresh --yes --skip-preview --clear-pending-creates --run-program=false)
}

stack_up() {
  stack_wait "$1"
  stack_forget_pending "$1"
  lab_pulumi "$1" up --yes --skip-preview --color never
}

# stacks_up: each wave in turn; the log of each is in $LOGS/up-NODE.log.
stacks_up() {
  local wave node
  for wave in "${STACK_WAVES[@]}"; do
    for node in $wave; do job "up-$node" "pulumi up --stack $node" stack_up "$node"; done
    JOB_TAIL=60 jobs_wait || return 1
  done
}
