#!/usr/bin/env bash
# build.sh WORKDIR OUT: a stand-in for K3s' program, for where K3s itself cannot be had: one file that takes K3s' own
# `server|agent --config FILE` and `kubectl`, and runs upstream Kubernetes (from its Go modules) with Debian's containerd
# and CNI plugins. standin/ says how; what it does not stand in for is in README.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../lib/env.sh
. "$here/../lib/env.sh"
# shellcheck source=../lib/rootfs.sh
. "$here/../lib/rootfs.sh"
# shellcheck source=../lib/archive.sh
. "$here/../lib/archive.sh"

work=$1 out=$2
version=$(sed -n 's/^require k8s.io\/kubernetes v//p' "$here/go.mod")
[ -n "$version" ] || die "lab/kubernetes/go.mod names no version of k8s.io/kubernetes."

go_build() { # PACKAGE OUT [MODULE]
  (cd "${3:-$here}" && CGO_ENABLED=0 GOFLAGS='' nice go build -mod=readonly -trimpath -buildvcs=false -ldflags '-s -w' -o "$2" "$1")
}
root=$work/root
mkdir -p "$root"/{bin,cni,images} "$work/pause"
program=$("$here/program.sh" build)
cp "$program" "$root/bin/lab-kubernetes"
go_build github.com/rancher/local-path-provisioner "$root/bin/local-path-provisioner"
go_build . "$root/bin/flannel" "$here/flannel"
go_build ./balancer "$root/bin/balancer"
go_build ./pause "$work/pause/pause"
for part in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl coredns; do
  ln -s lab-kubernetes "$root/bin/$part"
done

# Debian's packages, unpacked only: the machines have what these need beside them.
rootfs trixie containerd,runc,containernetworking-plugins "$work" "$work/debian.tar" --variant=extract >/dev/null
mkdir "$work/debian"
as_root tar -C "$work/debian" -xf "$work/debian.tar" ./usr/bin/containerd ./usr/bin/containerd-shim-runc-v2 ./usr/bin/ctr \
  ./usr/sbin/runc ./usr/lib/cni
as_root chown -R "$EUID" "$work/debian"
cp "$work"/debian/usr/bin/* "$work/debian/usr/sbin/runc" "$root/bin/"
for plugin in bridge host-local loopback portmap; do cp "$work/debian/usr/lib/cni/$plugin" "$root/cni/"; done

tar -C "$work/pause" --owner=0 --group=0 -cf "$work/layer.tar" pause
docker_archive "$work/layer.tar" "$root/images/pause.tar" registry.k8s.io/pause:3.10.1 <<<'{"Entrypoint":["/pause"]}'
rm -rf "$work/archive"
# shellcheck disable=SC2016 # $1 is mmdebstrap's: the root directory
rootfs trixie busybox-static "$work" "$work/layer.tar" --variant=extract \
  --extract-hook='for dir in bin sbin; do mkdir -p "$1/usr/$dir"; [ -e "$1/$dir" ] || ln -s "usr/$dir" "$1/$dir"; done' \
  --extract-hook='chroot "$1" /usr/bin/busybox --install -s /usr/bin' \
  --extract-hook='echo "root:x:0:0:root:/root:/bin/sh" >"$1/etc/passwd"; echo "root:x:0:" >"$1/etc/group"' \
  --extract-hook='mkdir -p "$1/root"; install -d -m 1777 "$1/tmp"; rm -rf "$1/var/lib/apt" "$1/var/lib/dpkg" "$1/var/cache/apt"' \
  >/dev/null
docker_archive "$work/layer.tar" "$root/images/busybox.tar" docker.io/library/busybox:1.37 \
  <<<'{"Env":["PATH=/usr/bin"],"Cmd":["sh"]}'

cp -r "$here/standin" "$root/standin"
tar -C "$root" --owner=0 --group=0 --sort=name --mtime=@0 -czf "$work/payload" .
# The last line of head.sh is where the payload begins.
sed "s/^payload=.*/payload=$(sha256sum <"$work/payload" | cut -c1-16)/; s/^version=.*/version=v$version/" "$here/standin/head.sh" |
  cat - "$work/payload" >"$out"
chmod 755 "$out"
