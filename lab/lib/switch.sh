# shellcheck shell=bash
# switch.sh: what lab/mesh, lab/jobs and the like have in common: each switches something on by the stacks of the lab's machines.

# switch_begin PROJECT ARGS…: where each begins. `test` ends here: `on`, and then the tests of this project.
switch_begin() {
  trap 'jobs_kill; exit 130' INT TERM HUP
  need_lab
  need_root
  if [ "${2:-}" = test ]; then
    "$0" on
    cd "$PROJECT" || exit 1
    exec "$LAB/in" npx --no-install vitest run --project "$1" "${@:3}"
  fi
}

# images_ready NAME=TITLE…: builds the images side by side, then calls the script's own `images`, which puts them onto the machines.
images_ready() {
  local each
  for each in "$@"; do job "${each%%=*}" "${each#*=}" image_archive "${each%%=*}"; done
  jobs_wait || die "an image could not be built; once the cause above is gone, run it again."
  job images "images onto the machines" images
  jobs_wait || die "the images could not be put onto the machines; once the cause above is gone, run it again."
}

# settings_give NODE homelab:KEY=VALUE…: none of them a secret.
settings_give() {
  local node=$1
  shift
  (lab_pulumi "$node" config set-all --path "${@/#/--plaintext=}")
}

# settings_forget NODE KEY…: also those that are not set.
settings_forget() {
  local node=$1 key
  shift
  for key in "$@"; do (lab_pulumi "$node" config rm "homelab:$key" >/dev/null 2>&1) || true; done
}

# nodes_up NODE…: their stacks, side by side. all_up: all three, each after those that it reads from.
nodes_up() {
  local node
  for node in "$@"; do job "up-$node" "pulumi up --stack $node" stack_up "$node"; done
  JOB_TAIL=60 jobs_wait || up_failed
}
all_up() { stacks_up || up_failed; }
up_failed() { die "'pulumi up' failed; the whole log is named above."; }
