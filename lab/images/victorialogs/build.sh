#!/usr/bin/env bash
# build.sh WORKDIR OUT: VictoriaLogs from its Go module, and systemd-journal-upload out of Debian, as one docker archive in the
# place of the image of the one and of the image that a node builds for the other, for where no image registry can be reached.
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
  -o "$work/victoria-logs-prod" github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs)
# shellcheck disable=SC2016 # $1 is mmdebstrap's: the root directory
rootfs trixie systemd-journal-remote,ca-certificates "$work" "$work/layer.tar" \
  --customize-hook="copy-in $work/victoria-logs-prod /" \
  --customize-hook='chmod 755 "$1/victoria-logs-prod"; chroot "$1" /victoria-logs-prod -version >&2; chroot "$1" /usr/lib/systemd/systemd-journal-upload --version >&2' \
  --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin' >/dev/null

docker_archive "$work/layer.tar" "$out" localhost/homelab-lab/victoria-logs:v1.52.1 <<'JSON'
{ "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], "Cmd": ["sh"] }
JSON
