#!/usr/bin/env bash
# build.sh WORKDIR OUT: restic out of Debian and its rest-server from its Go module, as one docker archive, in the place
# of the two official images, for where no image registry can be reached. Which program runs, the unit says.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../lib/env.sh
. "$here/../../lib/env.sh"
# shellcheck source=../../lib/rootfs.sh
. "$here/../../lib/rootfs.sh"
# shellcheck source=../../lib/archive.sh
. "$here/../../lib/archive.sh"

work=$1 out=$2
(cd "$here" && CGO_ENABLED=0 GOFLAGS='' nice go build -mod=readonly -trimpath -buildvcs=false -ldflags '-s -w' \
  -o "$work/rest-server" github.com/restic/rest-server/cmd/rest-server)
# shellcheck disable=SC2016 # $1 is mmdebstrap's: the root directory
rootfs trixie restic,ca-certificates,openssh-client "$work" "$work/layer.tar" \
  --customize-hook="copy-in $work/rest-server /usr/bin" \
  --customize-hook='chmod 755 "$1/usr/bin/rest-server"' \
  --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin' >/dev/null

docker_archive "$work/layer.tar" "$out" localhost/homelab-lab/restic:0.18.0 <<'JSON'
{ "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], "Cmd": ["sh"] }
JSON
