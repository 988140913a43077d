#!/usr/bin/env bash
# build.sh WORKDIR OUT: nats-server, built from its pinned Go module, as a docker archive with the entry contract of
# docker.io/library/nats, for where no image registry can be reached.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../lib/env.sh
. "$here/../../lib/env.sh"
# shellcheck source=../../lib/archive.sh
. "$here/../../lib/archive.sh"

work=$1 out=$2
mkdir -p "$work/root/usr/bin" "$work/root/tmp"
(cd "$here" && CGO_ENABLED=0 GOFLAGS='' nice go build -mod=readonly -trimpath -buildvcs=false -ldflags '-s -w' \
  -o "$work/root/usr/bin/nats-server" github.com/nats-io/nats-server/v2)
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$work/root" -cf "$work/layer.tar" .
docker_archive "$work/layer.tar" "$out" "localhost/homelab-lab/nats:2.15.2" <<'JSON'
{
  "Env": ["PATH=/usr/bin"],
  "Entrypoint": ["/usr/bin/nats-server"],
  "Cmd": ["--config", "/etc/nats/nats-server.conf"],
  "ExposedPorts": { "4222/tcp": {} }
}
JSON
