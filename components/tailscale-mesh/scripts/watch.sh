#!/bin/bash
# watch.sh CONTAINER DIRECTORY: how the node is in the mesh, for the textfile collector of Prometheus' node exporter in
# DIRECTORY: whether it is logged in and hears from its coordination server, and when its key ends.
set -euo pipefail
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
container=$1 directory=$2
mkdir -p "$directory"

status=$(timeout 20 podman exec -- "$container" tailscale status --json --peers=false 2>/dev/null) || status=''
# One key a line, as tailscale prints it; what is about the node itself comes first.
value() { sed -nE "s/^\s*\"$1\": \"?([^\",]*)\"?,?$/\1/p" <<<"$status" | head -n 1; }
is() { if [ "$1" = "$2" ]; then echo 1; else echo 0; fi; }

state=$(value BackendState)
ends=$(value KeyExpiry)
{
  echo '# TYPE homelab_mesh_member gauge'
  printf 'homelab_mesh_member %s\n' "$(is "$state" Running)"
  echo '# TYPE homelab_mesh_coordinated gauge'
  # tailscaled says of itself what it cannot do; without a word from the coordination server this is one of them.
  if grep -qE '"BackendState": "(NoState|Starting)"|coordination server|not in map poll' <<<"$status"; then
    echo 'homelab_mesh_coordinated 0'
  else
    echo 'homelab_mesh_coordinated 1'
  fi
  echo '# TYPE homelab_mesh_key_not_after_timestamp_seconds gauge'
  # None for a node with a tag, unless somebody set one.
  if [ -n "$ends" ] && ends=$(date -d "$ends" +%s 2>/dev/null) && [ "$ends" -gt 0 ]; then
    printf 'homelab_mesh_key_not_after_timestamp_seconds %s\n' "$ends"
  fi
} >"$directory/.homelab_mesh.new"
chmod 644 "$directory/.homelab_mesh.new"
sync -- "$directory/.homelab_mesh.new"
# Read while it is written it would be half a file.
mv "$directory/.homelab_mesh.new" "$directory/homelab_mesh.prom"
