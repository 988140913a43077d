#!/usr/bin/env bash
# build.sh WORKDIR OUT: SeaweedFS, built from its pinned Go module (minutes), as a docker archive with the entry contract of
# docker.io/chrislusf/seaweedfs, for where no image registry can be reached.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../lib/env.sh
. "$here/../../lib/env.sh"
# shellcheck source=../../lib/archive.sh
. "$here/../../lib/archive.sh"

work=$1 out=$2
mkdir -p "$work/root/usr/bin" "$work/root/etc" "$work/root/data/filerldb2" "$work/root/run"
# /run: where podman puts secrets, on a root that is read-only.
install -d -m 1777 "$work/root/tmp"
(cd "$here" && CGO_ENABLED=0 GOFLAGS='' nice go build -mod=readonly -trimpath -buildvcs=false -ldflags '-s -w' \
  -o "$work/root/usr/bin/weed" github.com/seaweedfs/seaweedfs/weed)
"$work/root/usr/bin/weed" version >&2
printf 'root:x:0:0:root:/root:/bin/sh\nseaweed:x:1000:1000::/data:/bin/sh\n' >"$work/root/etc/passwd"
printf 'root:x:0:\nseaweed:x:1000:\n' >"$work/root/etc/group"
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$work/root" -cf "$work/layer.tar" .
docker_archive "$work/layer.tar" "$out" "localhost/homelab-lab/seaweedfs:4.53" <<'JSON'
{
  "Env": ["PATH=/usr/bin", "GODEBUG=fips140=on"],
  "Entrypoint": ["/usr/bin/weed"],
  "Cmd": ["mini", "-dir=/data"],
  "WorkingDir": "/data",
  "ExposedPorts": { "8333/tcp": {} },
  "Volumes": { "/data": {} }
}
JSON
