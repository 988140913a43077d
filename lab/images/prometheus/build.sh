#!/usr/bin/env bash
# build.sh WORKDIR OUT: Prometheus, Alertmanager and the exporters out of Debian, as one docker archive in the place of their
# official images, for where no image registry can be reached. The programs are where the official images have them, and
# promtool and amtool, which check what is written for them, beside. Which program runs, the unit says.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../lib/env.sh
. "$here/../../lib/env.sh"
# shellcheck source=../../lib/rootfs.sh
. "$here/../../lib/rootfs.sh"
# shellcheck source=../../lib/layers.sh
. "$here/../../lib/layers.sh"

work=$1 out=$2
programs="prometheus promtool prometheus-alertmanager=alertmanager amtool"
programs+=" prometheus-node-exporter=node_exporter prometheus-postgres-exporter=postgres_exporter"
# shellcheck disable=SC2016 # $1 is mmdebstrap's: the root directory
small_rootfs libc6,prometheus,prometheus-alertmanager,prometheus-node-exporter,prometheus-postgres-exporter "$work" "$work/layer.tar" \
  --extract-hook='for pair in '"$programs"'; do [ "${pair%=*}" = "${pair#*=}" ] || ln -s "${pair%=*}" "$1/usr/bin/${pair#*=}"; done' \
  --extract-hook='for pair in '"$programs"'; do chroot "$1" "/bin/${pair#*=}" --version >&2; done'

docker_archive "$work/layer.tar" "$out" localhost/homelab-lab/prometheus:3.5 <<'JSON'
{ "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], "Cmd": ["sh"] }
JSON
