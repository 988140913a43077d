#!/usr/bin/env bash
# build.sh WORKDIR OUT: MinIO's server and client, built from their pinned Go modules, as a docker archive with the
# entry contract of docker.io/minio/minio, for where no image registry can be reached.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../lib/env.sh
. "$here/../../lib/env.sh"
# shellcheck source=../../lib/rootfs.sh
. "$here/../../lib/rootfs.sh"
# shellcheck source=../../lib/archive.sh
. "$here/../../lib/archive.sh"

work=$1 out=$2
# The pin in go.mod is a commit of this moment; MinIO has made no release of it, the tag only names the stand-in.
moment=2026-02-12T20:18:48Z
commit=7aac2a2c5b7c
release=RELEASE.${moment//:/-}
grep -q "github.com/minio/minio v0.0.0-$(tr -d 'TZ:-' <<<"$moment")-$commit" "$here/go.mod" ||
  die "the pin of minio in lab/images/minio/go.mod is not the one named in lab/images/minio/build.sh: make them agree."

go_build() { # PACKAGE OUT LDFLAGS
  (cd "$here" && CGO_ENABLED=0 GOFLAGS='' nice go build -mod=readonly -trimpath -buildvcs=false \
    -ldflags "-s -w $3" -o "$2" "$1")
}
flags=
for name in "Version=$moment" "CopyrightYear=${moment%%-*}" "ReleaseTag=$release" "CommitID=$commit" "ShortCommitID=$commit"; do
  flags+=" -X github.com/minio/minio/cmd.$name"
done
mkdir -p "$work/bin"
go_build github.com/minio/minio "$work/bin/minio" "$flags"
go_build github.com/minio/mc "$work/bin/mc" ""

# busybox in place of the official image's own few tools: enough for the entry script and a look around.
# shellcheck disable=SC2016 # $1 is mmdebstrap's: the root directory
rootfs trixie busybox-static,ca-certificates "$work" "$work/layer.tar" --variant=extract \
  --extract-hook='for dir in bin sbin; do mkdir -p "$1/usr/$dir"; [ -e "$1/$dir" ] || ln -s "usr/$dir" "$1/$dir"; done' \
  --extract-hook="copy-in $work/bin/minio $work/bin/mc $here/docker-entrypoint.sh /usr/bin" \
  --extract-hook='chmod 755 "$1"/usr/bin/minio "$1"/usr/bin/mc "$1"/usr/bin/docker-entrypoint.sh' \
  --extract-hook='chroot "$1" /usr/bin/busybox --install -s /usr/bin' \
  --extract-hook='cat "$1"/usr/share/ca-certificates/mozilla/*.crt >"$1/etc/ssl/certs/ca-certificates.crt"' \
  --extract-hook='echo "root:x:0:0:root:/root:/bin/sh" >"$1/etc/passwd"; echo "root:x:0:" >"$1/etc/group"' \
  --extract-hook='mkdir -p "$1/data" "$1/root"; install -d -m 1777 "$1/tmp"' \
  --extract-hook='rm -rf "$1/var/lib/apt" "$1/var/lib/dpkg" "$1/var/cache/apt"' >/dev/null

docker_archive "$work/layer.tar" "$out" "localhost/homelab-lab/minio:${release%T*}" <<'JSON'
{
  "Env": [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "MINIO_ROOT_USER_FILE=access_key",
    "MINIO_ROOT_PASSWORD_FILE=secret_key",
    "MINIO_KMS_SECRET_KEY_FILE=kms_master_key",
    "MINIO_CONFIG_ENV_FILE=config.env",
    "MC_CONFIG_DIR=/tmp/.mc"
  ],
  "Entrypoint": ["/usr/bin/docker-entrypoint.sh"],
  "Cmd": ["minio"],
  "ExposedPorts": { "9000/tcp": {} },
  "Volumes": { "/data": {} }
}
JSON
