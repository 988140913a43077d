# shellcheck shell=bash
# podman.sh: the three machines as privileged containers of a rootful podman of the lab's own (its own storage,
# network, locks and configuration: the user's podman never sees them).

# Some computers (CI machines) lack CAP_SYS_RESOURCE: podman's default of raising hard limits fails there.
limited() { ! as_root bash -c 'ulimit -Hn 1048576' 2>/dev/null; }
LIMIT_NOFILE=20000 LIMIT_NPROC=20000

# fixed: with a new one at each start, neighbours keep the old for half a minute.
mac() { printf '02:4c:41:42:00:%02x' "${ADDRESS[$1]##*.}"; }

podman_configure() {
  mkdir -p "$STATE/podman"
  {
    printf '[engine]\nlock_type = "file"\ntmp_dir = "%s/tmp"\nevents_logger = "file"\n' "$RUN"
    if cgroup_v2; then
      [ -d /run/systemd/system ] || printf 'cgroup_manager = "cgroupfs"\n'
    else
      # crun refuses a computer with both hierarchies; lab-init makes the cgroup2 tree.
      printf 'cgroup_manager = "cgroupfs"\nruntime = "runc"\n'
    fi
    printf '[network]\nnetwork_backend = "netavark"\nnetwork_config_dir = "%s/podman/networks"\n' "$STATE"
  } | atomic_write "$STATE/podman/containers.conf"
}

# lab_podman ARGS…: the lock that guards lab/up is not handed down to what podman leaves running.
lab_podman() {
  in_netns_root env CONTAINERS_CONF="$STATE/podman/containers.conf" \
    podman --root "$STATE/podman/root" --runroot "$RUN/root" "$@" 9>&-
}

# Written out because older podmans cannot name the bridge. "internal": no route out, no address translation.
network_definition() { # NAME
  printf '{ "name": "%s", "id": "%s", "driver": "bridge", "network_interface": "%s",\n' \
    "$1" "$(printf %s "$1" | sha256sum | cut -d' ' -f1)" "$BRIDGE"
  printf '  "created": "2026-01-01T00:00:00Z", "subnets": [{ "subnet": "%s", "gateway": "%s" }],\n' "$SUBNET" "$GATEWAY"
  printf '  "ipv6_enabled": false, "internal": true, "dns_enabled": false, "ipam_options": { "driver": "host-local" } }\n'
}

# network_name: the one network of this store. Podman keeps the addresses taken by the network's name, for all stores of
# the computer at once, and until it restarts: those of a copy that was deleted with its lab up would be missed for ever.
network_name() {
  local known=("$STATE"/podman/networks/*.json)
  if [ -e "${known[0]}" ]; then basename "${known[0]}" .json; else printf 'homelab-%s\n' "$(cut -c 1-8 /proc/sys/kernel/random/uuid)"; fi
}

engine_setup() {
  local network
  as_root mkdir -p "$RUN"
  mkdir -p "$STATE"/podman/{root,networks}
  podman_configure
  network=$(network_name)
  network_definition "$network" | atomic_write "$STATE/podman/networks/$network.json"
}

# engine_create NODE TAR: the machine's disk with what is in the tar and its seed, and a container whose root that is.
engine_create() {
  local node=$1 options=()
  ! node_made "$node" || return 0
  lab_podman rm -f -t 0 "$node" >/dev/null 2>&1 || true
  mkdir -p "$CACHE/images"
  disk_new "$node"
  options=(--privileged --pids-limit=-1 --stop-signal 37 --stop-timeout 30 --no-hosts --dns none --env container=podman
    --tmpfs "/run:rw,mode=755,exec" --tmpfs /tmp)
  if cgroup_v2; then options+=(--systemd=always --cgroupns=private); else options+=(--systemd=false); fi
  ! limited || options+=(--ulimit "nofile=$LIMIT_NOFILE:$LIMIT_NOFILE" --ulimit "nproc=$LIMIT_NPROC:$LIMIT_NPROC")
  seed_node "$node"
  as_root tar -C "$(disk "$node")" --numeric-owner -xpf "$2"
  tar -C "$STATE/seed/$node" --owner=0 --group=0 -c . | as_root tar -C "$(disk "$node")" --no-overwrite-dir -xp
  as_root sync -f "$(disk "$node")"
  lab_podman create --name "$node" --hostname "$node" --network "$(network_name)" --ip "${ADDRESS[$node]}" \
    --mac-address "$(mac "$node")" "${options[@]}" \
    -v "$CACHE/images:/usr/local/share/lab-images:ro" --rootfs "$(disk "$node")" /usr/local/sbin/lab-init >/dev/null
  touch "$STATE/disk/$node.made"
}

# node_made NODE: its disk and its container are whole. The second is the mark of machines that were made before they had
# disks of their own: those are kept as they are.
node_made() { [ -e "$STATE/disk/$1.made" ] || [ -e "$STATE/disk/$1/made" ]; }

engine_running() { [ "$(lab_podman inspect -f '{{.State.Running}}' "$1" 2>/dev/null)" = true ]; }
engine_start() {
  engine_running "$1" && return
  disk_on "$1"
  # Groups of the former run, with controllers handed on to them, would let no process in.
  cgroup_remove "$1"
  lab_podman start "$1" >/dev/null
  # Of its own a bridge has the least address among its ports, and another one as soon as that machine is off: the others
  # would answer to the old one for ten seconds. A machine that has ended already may have taken the bridge with it.
  as_root ip -n "$NETNS" link set dev "$BRIDGE" address "$(printf '02:4c:41:42:00:%02x' "${GATEWAY##*.}")" 2>/dev/null || true
}
engine_stop() { ! engine_running "$1" || lab_podman stop "$1" >/dev/null; }
# engine_kill NODE [--lose-cache]: a power cut. Every process of the machine ends at once, nothing is told. Of itself the
# kernel, which goes on, would tell the others that their connections have ended: the cable goes first. With --lose-cache the
# disk is next, before any process can end: what was not synced by then is lost.
engine_kill() {
  local pid
  engine_running "$1" || return 0
  pid=$(lab_podman inspect -f '{{.State.Pid}}' "$1")
  as_root nsenter --target "$pid" --net ip link set dev eth0 down
  [ "${2:-}" != --lose-cache ] || disk_cut "$1"
  lab_podman kill -s KILL "$1" >/dev/null
  [ "${2:-}" != --lose-cache ] || disk_off "$1"
}

engine_remove() {
  local node
  [ -e "$STATE/podman/containers.conf" ] || return 0
  have_netns || return 0
  for node in "${NODES[@]}"; do lab_podman rm -f -t 0 "$node" >/dev/null 2>&1 || true; done
}

# The groups that lab-init, podman and the pods of lab/kubernetes made on a computer with cgroup v1. Groups in use stay:
# rmdir refuses them.
cgroups_remove() {
  local node hierarchy group mothers=()
  for node in "${NODES[@]}"; do
    for group in /sys/fs/cgroup/*/libpod_parent/*/"$NETNS-$node"; do
      [ ! -d "$group" ] || mothers+=("${group%/*}")
    done
    cgroup_remove "$node"
  done
  [ ${#mothers[@]} -eq 0 ] || as_root rmdir "${mothers[@]}" 2>/dev/null || true
  for hierarchy in /sys/fs/cgroup/*/; do
    [ ! -d "$hierarchy/libpod_parent" ] || as_root rmdir "$hierarchy/libpod_parent" 2>/dev/null || true
  done
}

# cgroup_remove NODE: also right after a power cut, whose processes take a moment to be gone.
cgroup_remove() {
  local group until=$((SECONDS + 5))
  for group in /sys/fs/cgroup/unified/"$NETNS-$1" /sys/fs/cgroup/"$NETNS-$1" /sys/fs/cgroup/*/libpod_parent/*/"$NETNS-$1"; do
    while [ -d "$group" ]; do
      as_root find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
      if [ $SECONDS -ge $until ]; then break; fi
      [ ! -d "$group" ] || sleep 0.1
    done
  done
}
