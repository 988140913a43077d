# shellcheck shell=bash
# machines.sh: the whole of the three machines: raised, claimed, taken down.

# One at a time may change the lab. A killed run's orphans hold the lock until they end.
lab_lock() {
  state_ready
  exec 9>"$STATE/.lock"
  flock -n 9 && return 0
  say "Another run is changing the lab (or a stopped one is still ending): waiting for it."
  flock 9
}

# The network's name is the lab's, so two copies cannot share one.
lab_claim() {
  local owner
  owner=$(cat "$RUN/owner" 2>/dev/null || true)
  if [ -n "$owner" ] && [ "$owner" != "$LAB/state" ] && [ -d "$owner" ]; then
    die "another copy's lab is up on this computer: take it down first with 'make -C ${owner%/lab/state} lab-down', or give this copy's a name of its own: echo second >lab/name."
  fi
  as_root mkdir -p "$RUN"
  printf '%s\n' "$LAB/state" | as_root tee "$RUN/owner" >/dev/null
}

# Machines that exist are kept as they are, even where the image's recipe has changed since: they hold data.
machines_make() {
  local tar node
  tar=$(image_archive node)
  netns_up
  identities
  engine_setup
  for node in "${NODES[@]}"; do engine_create "$node" "$tar"; done
}

machines_made() {
  local node
  for node in "${NODES[@]}"; do node_made "$node" || return 1; done
}

machines_up() {
  local node starting=()
  if machines_made; then
    netns_up
    identities
    podman_configure
  else
    machines_make
  fi
  for node in "${NODES[@]}"; do
    node_on "$node" &
    starting+=($!)
  done
  for node in "${starting[@]}"; do wait "$node"; done
  network_cards_on
}

lab_is_up() {
  have_netns || return 1
  node_made compute
}

# need_lab: for the commands that use the lab.
need_lab() { lab_is_up || die "the lab is down: raise it with 'make lab'."; }

machines_down() {
  local node
  network_cards_off
  engine_remove
  for node in "${NODES[@]}"; do disk_off "$node"; done
  netns_down
  cgroups_remove
  # podman mounts its own storage's overlay folder on itself.
  as_root umount "$STATE/podman/root/overlay" 2>/dev/null || true
  as_root rm -rf --one-file-system "$RUN" "$STATE/podman" "$STATE/disk"
}
