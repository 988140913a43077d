#!/usr/bin/env bash
# build.sh WORKDIR OUT: PostgreSQL of an older major version, with pgvector where Debian has it, as a docker archive: what
# databases are moved from in drills and tests. The folder's name says which version, its file `suite` of which Debian.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../lib/env.sh
. "$here/../../lib/env.sh"
# shellcheck source=../../lib/rootfs.sh
. "$here/../../lib/rootfs.sh"
# shellcheck source=../../lib/archive.sh
. "$here/../../lib/archive.sh"

work=$1 out=$2 major=${here##*-}
read -r suite more <"$here/suite"
# shellcheck disable=SC2016 # $1 is mmdebstrap's: the root directory
rootfs "$suite" "postgresql-$major,xz-utils,zstd${more:+,$more}" "$work" "$work/layer.tar" \
  --essential-hook='mkdir -p "$1/etc/postgresql-common"; echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"' \
  --essential-hook='echo "postgres:x:999:" >>"$1/etc/group"; echo "postgres:x:999:999::/var/lib/postgresql:/bin/bash" >>"$1/etc/passwd"' \
  --customize-hook="copy-in $here/../postgres/docker-entrypoint.sh /usr/local/bin" \
  --customize-hook='chmod 755 "$1/usr/local/bin/docker-entrypoint.sh"; mkdir -p "$1/docker-entrypoint-initdb.d"' \
  --customize-hook='rm -rf "$1/var/lib/postgresql"; chroot "$1" install -d -o postgres -g postgres -m 1777 /var/lib/postgresql' \
  --customize-hook='chroot "$1" install -d -o postgres -g postgres -m 3777 /var/run/postgresql' \
  --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin' >/dev/null

docker_archive "$work/layer.tar" "$out" "localhost/homelab-lab/postgres:$major-$suite" <<JSON
{
  "Env": [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/$major/bin",
    "LANG=C.UTF-8",
    "PGDATA=/var/lib/postgresql/data"
  ],
  "Entrypoint": ["docker-entrypoint.sh"],
  "Cmd": ["postgres"],
  "StopSignal": "SIGINT"
}
JSON
