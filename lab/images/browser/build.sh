#!/usr/bin/env bash
# build.sh WORKDIR OUT: a browser without a screen out of Debian, as a plain file system, for lab/browser.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../lib/env.sh
. "$here/../../lib/env.sh"
# shellcheck source=../../lib/rootfs.sh
. "$here/../../lib/rootfs.sh"

work=$1 out=$2
# shellcheck disable=SC2016 # $1 is mmdebstrap's: the root directory
rootfs trixie chromium-headless-shell,fonts-dejavu-core,ca-certificates "$work" "$out" \
  --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin' >/dev/null
