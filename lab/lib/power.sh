# shellcheck shell=bash
# power.sh: one machine on, off, cut; and waiting until it answers.

# From anywhere on this computer. The listener of an -L is on the computer's own loopback: only the connection's far end
# is inside the lab's network.
LAB_SSH=(ssh -F "$STATE/ssh_config" -o ProxyCommand="'$LAB/lib/dial' %h %p")

lab_ssh() { "${LAB_SSH[@]}" "$@"; } # NODE CMD…

ssh_answers() {
  timeout 10 "${LAB_SSH[@]}" -o ConnectTimeout=3 "$1" true 2>/dev/null </dev/null
}

# wait_ssh NODE [SECONDS]
wait_ssh() {
  local limit=${2:-120} until
  until=$((SECONDS + limit))
  until ssh_answers "$1"; do
    [ $SECONDS -lt $until ] || die "$1 does not answer by SSH after $limit s; look at: lab/node console $1"
    sleep 0.2
    # One that was just going off by itself had seemed to be on.
    engine_start "$1"
  done
}

node_on() {
  engine_start "$1"
  wait_ssh "$1"
}

# node_wipe NODE: without power, without its disk, made anew; as bare as after the first `make lab`, and on.
node_wipe() {
  local tar
  engine_kill "$1"
  rm -f "$STATE/disk/$1.made"
  lab_podman rm -f -t 0 "$1" >/dev/null
  disk_remove "$1"
  tar=$(image_archive node)
  engine_setup
  engine_create "$1" "$tar"
  node_on "$1"
  images_again "$1"
}
