#!/usr/bin/env bash
# build.sh WORKDIR OUT: a stand-in for docker.io/library/postgres:18-trixie as a docker archive, for where no
# image registry can be reached: Debian's own packages, the official image's layout and entry contract.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../lib/env.sh
. "$here/../../lib/env.sh"
# shellcheck source=../../lib/rootfs.sh
. "$here/../../lib/rootfs.sh"
# shellcheck source=../../lib/archive.sh
. "$here/../../lib/archive.sh"

work=$1 out=$2
# uid and gid 999, as in the official image: files of a data folder must mean the same user in both.
# shellcheck disable=SC2016 # $1 is mmdebstrap's: the root directory
rootfs forky postgresql-18,postgresql-18-pgvector,postgresql-18-jit,xz-utils,zstd "$work" "$work/layer.tar" \
  --essential-hook='mkdir -p "$1/etc/postgresql-common"; echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"' \
  --essential-hook='echo "postgres:x:999:" >>"$1/etc/group"; echo "postgres:x:999:999::/var/lib/postgresql:/bin/bash" >>"$1/etc/passwd"' \
  --customize-hook='sed -ri "s/^#?(listen_addresses)\s*=\s*\S+.*/\1 = \x27*\x27/" "$1/usr/share/postgresql/18/postgresql.conf.sample"; grep -q "^listen_addresses = .\*" "$1/usr/share/postgresql/18/postgresql.conf.sample"' \
  --customize-hook="copy-in $here/docker-entrypoint.sh /usr/local/bin" \
  --customize-hook='chmod 755 "$1/usr/local/bin/docker-entrypoint.sh"; mkdir -p "$1/docker-entrypoint-initdb.d"' \
  --customize-hook='rm -rf "$1/var/lib/postgresql"; chroot "$1" install -d -o postgres -g postgres -m 1777 /var/lib/postgresql' \
  --customize-hook='chroot "$1" install -d -o postgres -g postgres -m 3777 /var/run/postgresql' \
  --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin' >/dev/null

docker_archive "$work/layer.tar" "$out" localhost/homelab-lab/postgres:18-trixie <<'JSON'
{
  "Env": [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/18/bin",
    "LANG=C.UTF-8",
    "PG_MAJOR=18",
    "PGDATA=/var/lib/postgresql/18/docker"
  ],
  "Entrypoint": ["docker-entrypoint.sh"],
  "Cmd": ["postgres"],
  "ExposedPorts": { "5432/tcp": {} },
  "Volumes": { "/var/lib/postgresql": {} },
  "StopSignal": "SIGINT"
}
JSON
