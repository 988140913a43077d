# shellcheck shell=bash
# kubernetes.sh: the stand-in for K3s (lab/kubernetes) as a release of its own, and the stacks' settings that use it.
# shellcheck source=archive.sh
. "$LAB/lib/archive.sh"

kubernetes_sources() { find "$LAB/kubernetes" -type f ! -name '*.md' | sort; }

kubernetes_key() {
  local sources
  mapfile -t sources < <(kubernetes_sources)
  cache_key "$LAB/lib/rootfs.sh" "$LAB/lib/archive.sh" "${sources[@]}"
}

kubernetes_is_cached() { [ -e "$CACHE/images/k3s-$(kubernetes_key).run" ]; }

# kubernetes_release: prints the version under which the machines find it, as a release is laid out; built when it is not
# in the cache. The checksum file is made here, of what was built here.
kubernetes_release() {
  local key version file releases=$CACHE/images/k3s-releases sum
  key=$(kubernetes_key)
  file=$(cached k3s.run "$key" "$LAB/kubernetes/build.sh") || return 1
  version=v$(sed -n 's/^require k8s.io\/kubernetes v//p' "$LAB/kubernetes/go.mod")+lab.$key
  if [ ! -e "$releases/$version/sha256sum-$(image_arch).txt" ]; then
    mkdir -p "$releases/$version"
    ln -f "$file" "$releases/$version/k3s"
    sum=$(sha256sum <"$file" | cut -d' ' -f1)
    printf '%s  k3s\n' "$sum" | atomic_write "$releases/$version/sha256sum-$(image_arch).txt"
    # What was built of earlier sources goes with its archive; see cached.
    find "$releases" -mindepth 1 -maxdepth 1 -mtime +14 ! -name "$version" -exec rm -rf {} +
  fi
  printf '%s\n' "$version"
}

# kubernetes_program: the path of the release that `lab/cluster on` gave the stacks; tests ask kubectl many times, so its
# sources are not read again each time.
kubernetes_program() {
  local version
  version=$(sed -n '/^ *homelab:k3s:/,$ { s/^ *version: *//p; }' "$STATE/Pulumi.storage.yaml" | head -n 1)
  [ -n "$version" ] || die "the lab has no cluster: switch it on with 'lab/cluster on'."
  printf '%s\n' "$CACHE/images/k3s-releases/$version/k3s"
}

# kubernetes_limits: containerd and the kubelets of three machines watch files, and to the kernel all three are one user. Its
# default of 128 watchers is used up by a desktop session and them; containerd then comes up without what runs pods.
INOTIFY_INSTANCES=/proc/sys/fs/inotify/max_user_instances
ENOUGH_INOTIFY_INSTANCES=1024
kubernetes_limits_ok() { [ "$(<"$INOTIFY_INSTANCES")" -ge "$ENOUGH_INOTIFY_INSTANCES" ]; }
kubernetes_limits() {
  if kubernetes_limits_ok; then return 0; fi
  say "Raising this computer's limit of inotify instances from $(<"$INOTIFY_INSTANCES") to $ENOUGH_INOTIFY_INSTANCES until it is started again: the cluster needs more."
  printf '%s\n' "$ENOUGH_INOTIFY_INSTANCES" | as_root tee "$INOTIFY_INSTANCES" >/dev/null
}

# kubernetes_settings NODE VERSION ARCHIVES: the stack's settings, in the lab's own copy of them. Only compute runs what the
# archives are for.
kubernetes_settings() {
  local archives=()
  [ "$1" != compute ] || archives=(--plaintext "homelab:k3s.imageArchives=$3")
  (
    lab_pulumi "$1" config set-all --path --plaintext 'homelab:k3s.enabled=true' \
      --plaintext "homelab:k3s.version=$2" --plaintext 'homelab:k3s.releases=file:///usr/local/share/lab-images/k3s-releases' \
      --plaintext "homelab:k3s.architecture=$(image_arch)" --plaintext 'homelab:k3s.dataDirectory=/srv/homelab/k3s' "${archives[@]}"
  )
}

kubernetes_forget() {
  (lab_pulumi "$1" config rm --path homelab:k3s)
  # What runs there runs in the cluster.
  [ "$1" != compute ] || (lab_pulumi compute config set --path homelab:compute.enabled false)
}

# Whether the lab's own settings say that the cluster is on.
kubernetes_is_on() { grep -q '^ *homelab:k3s:' "$STATE/Pulumi.storage.yaml" 2>/dev/null; }

# kubernetes_kubeconfig: prints the path of a kubeconfig for use from this computer.
kubernetes_kubeconfig() {
  local file=$STATE/kubeconfig
  lab_ssh storage cat /etc/rancher/k3s/k3s.yaml 2>/dev/null |
    sed "s|https://127.0.0.1:|https://${ADDRESS[storage]}:|" | atomic_write "$file" 600
  [ -s "$file" ] || die "the lab has no cluster: switch it on with 'lab/cluster on'."
  printf '%s\n' "$file"
}
