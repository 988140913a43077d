#!/usr/bin/env bash
# build.sh WORKDIR OUT: the layer that images of Python programs share, as a plain tar: Debian trixie's Python, a shell and
# what the official Python images have beside them (pip, certificates, time zones).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../lib/env.sh
. "$here/../../lib/env.sh"
# shellcheck source=../../lib/rootfs.sh
. "$here/../../lib/rootfs.sh"

# Unpacked, not set up: nothing here needs Debian's package manager.
# shellcheck disable=SC2016 # $1 is mmdebstrap's: the root directory
rootfs trixie base-files,bash,busybox-static,ca-certificates,libgomp1,libpython3-stdlib,libstdc++6,netbase,python3,python3-pip-whl,tzdata \
  "$1" "$2" --variant=extract \
  --extract-hook='chroot "$1" /usr/bin/busybox --install -s /usr/bin' \
  --extract-hook='ln -sf bash "$1/usr/bin/sh"; ln -sf python3 "$1/usr/bin/python"' \
  --extract-hook='cat "$1"/usr/share/ca-certificates/mozilla/*.crt >"$1/etc/ssl/certs/ca-certificates.crt"' \
  --extract-hook='printf "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n" >"$1/etc/passwd"' \
  --extract-hook='printf "root:x:0:\nnogroup:x:65534:\n" >"$1/etc/group"' \
  --extract-hook='install -d -m 700 "$1/root"; install -d -m 1777 "$1/tmp"' \
  --extract-hook='chroot "$1" python3 -m compileall -q --invalidation-mode unchecked-hash /usr/lib/python3.13' \
  --extract-hook='rm -rf "$1"/usr/bin/perl* "$1"/usr/lib/*/perl-base "$1"/usr/share/perl5 "$1"/usr/share/doc "$1"/usr/share/man' \
  --extract-hook='rm -rf "$1"/usr/share/locale "$1"/var/lib/apt "$1"/var/lib/dpkg "$1"/var/cache/apt' >/dev/null
