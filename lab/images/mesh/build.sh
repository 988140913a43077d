#!/usr/bin/env bash
# build.sh WORKDIR OUT: headscale and Tailscale, built from their pinned Go modules, as one docker archive in the place of
# docker.io/headscale/headscale and docker.io/tailscale/tailscale, with the programs where those have them. Which one runs, the
# unit says.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../lib/env.sh
. "$here/../../lib/env.sh"
# shellcheck source=../../lib/archive.sh
. "$here/../../lib/archive.sh"

work=$1 out=$2
mkdir -p "$work/root/ko-app" "$work/root/usr/local/bin" "$work/root/tmp" "$work/root/etc" "$work/root/var/run"
build() { # OUT PACKAGE [FLAG…]
  (cd "$here" && CGO_ENABLED=0 GOFLAGS='' nice go build -mod=readonly -trimpath -buildvcs=false -ldflags '-s -w' "${@:3}" -o "$work/root/$1" "$2")
}
build ko-app/headscale github.com/juanfont/headscale/cmd/headscale
# The command line is in the same program, and begins where it is called by that name.
build usr/local/bin/tailscaled tailscale.com/cmd/tailscaled -tags ts_include_cli
ln "$work/root/usr/local/bin/tailscaled" "$work/root/usr/local/bin/tailscale"
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$work/root" -cf "$work/layer.tar" .
docker_archive "$work/layer.tar" "$out" "localhost/homelab-lab/mesh:0.29.2" <<'JSON'
{ "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/ko-app"] }
JSON
