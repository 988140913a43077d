# shellcheck shell=bash
# seed.sh: identities. The lab's SSH key, each machine's host key and names, and topology.yaml made from them.

hosts_lines() {
  local node
  for node in "${NODES[@]}"; do printf '%s %s.%s %s\n' "${ADDRESS[$node]}" "$node" "$DOMAIN" "$node"; done
}

ssh_key() { # FILE COMMENT
  [ ! -f "$1" ] || return 0
  rm -f "$1.new" "$1.new.pub"
  ssh-keygen -q -t ed25519 -N '' -C "$2" -f "$1.new"
  mv "$1.new.pub" "$1.pub"
  mv "$1.new" "$1"
}

host_key() { cut -d' ' -f1,2 "$STATE/seed/$1/etc/ssh/ssh_host_ed25519_key.pub"; }

# identities: keys of all, then what is made of them. Safe to repeat: nothing that exists is made anew.
identities() {
  local node
  ssh_key "$STATE/id_lab" homelab-lab
  for node in "${NODES[@]}"; do
    mkdir -p "$STATE/seed/$node/etc/ssh"
    ssh_key "$STATE/seed/$node/etc/ssh/ssh_host_ed25519_key" "$node"
  done
  for node in "${NODES[@]}"; do
    printf '%s.%s,%s,%s %s\n' "$node" "$DOMAIN" "$node" "${ADDRESS[$node]}" "$(host_key "$node")"
  done | atomic_write "$STATE/known_hosts"
  ssh_config | atomic_write "$STATE/ssh_config"
  topology | atomic_write "$STATE/topology.yaml"
}

# Direct addresses: it works inside the lab's network (lab/in). lab/ssh adds the way in.
ssh_config() {
  local node
  for node in "${NODES[@]}"; do
    printf 'Host %s %s.%s\n  HostName %s\n' "$node" "$node" "$DOMAIN" "${ADDRESS[$node]}"
  done
  printf 'Host *\n  User root\n  IdentityFile "%s"\n  IdentitiesOnly yes\n  UserKnownHostsFile "%s"\n' \
    "$STATE/id_lab" "$STATE/known_hosts"
  # A machine that is cut off, or goes off, ends no connection.
  printf '  ServerAliveInterval 5\n  ServerAliveCountMax 4\n'
  printf '  StrictHostKeyChecking yes\n  ConnectTimeout 10\n  BatchMode yes\n  LogLevel ERROR\n'
}

# memory NODE: in whole GB, at most what this computer has.
memory() {
  local have
  have=$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1024 / 1024))
  printf '%sGB' $((have < MEMORY[$1] ? have : MEMORY[$1]))
}

topology() {
  local node
  printf '# Made by lab/up: the lab in place of the home.\nnodes:\n'
  for node in "${NODES[@]}"; do
    printf '  %s:\n    address: %s\n    lifecycle: %s\n    memory: %s\n    hostKey: "%s"\n    ssh: { user: root, port: 22 }\n    mac: "%s"\n' \
      "$node" "${ADDRESS[$node]}" "${LIFECYCLE[$node]}" "$(memory "$node")" "$(host_key "$node")" "$(mac "$node")"
    # Once it is a member: lab/mesh.
    [ ! -s "$STATE/mesh/$node" ] || printf '    mesh: %s\n' "$(<"$STATE/mesh/$node")"
  done
  printf 'storageClasses:\n  network: [nfs-client]\noperators: [%s]\n' "$GATEWAY"
}

# seed_node NODE: what makes one machine of the common image, under $STATE/seed/NODE.
seed_node() {
  local node=$1 dir=$STATE/seed/$1
  mkdir -p "$dir"/etc/ssh/sshd_config.d "$dir"/etc/containers/containers.conf.d
  install -m 700 -d "$dir/root" "$dir/root/.ssh"
  install -m 600 "$STATE/id_lab.pub" "$dir/root/.ssh/authorized_keys"
  printf '%s\n' "$node" >"$dir/etc/hostname"
  printf '%s-%s\n' "$NETNS" "$node" >"$dir/etc/homelab-cgroup"
  { printf '127.0.0.1 localhost\n::1 localhost ip6-localhost\n' && hosts_lines; } >"$dir/etc/hosts"
  # Names come from /etc/hosts; a nameserver that cannot be reached would make every other look-up hang.
  printf 'options timeout:1 attempts:1\n' >"$dir/etc/resolv.conf"
  [ -s "$dir/etc/machine-id" ] || tr -d - </proc/sys/kernel/random/uuid >"$dir/etc/machine-id"
  # OpenSSH 9.8 and later ban a client that keeps trying, which is what waiting for a machine looks like.
  printf 'PerSourcePenalties no\nUseDNS no\n' >"$dir/etc/ssh/sshd_config.d/50-lab.conf"
  {
    printf '[containers]\npids_limit = 0\nkeyring = false\n'
    ! limited || printf 'default_ulimits = ["nofile=%s:%s", "nproc=%s:%s"]\n' \
      "$LIMIT_NOFILE" "$LIMIT_NOFILE" "$LIMIT_NPROC" "$LIMIT_NPROC"
  } >"$dir/etc/containers/containers.conf.d/50-lab.conf"
  printf 'unqualified-search-registries = []\n' >"$dir/etc/containers/registries.conf"
}
