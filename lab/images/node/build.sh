#!/usr/bin/env bash
# build.sh WORKDIR OUT: a machine of the lab as a tar: Debian trixie with systemd, sshd, podman.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../lib/env.sh
. "$here/../../lib/env.sh"
# shellcheck source=../../lib/rootfs.sh
. "$here/../../lib/rootfs.sh"

packages=(
  systemd systemd-sysv dbus libpam-systemd openssh-server sudo
  iproute2 iputils-ping nftables iptables kmod procps util-linux tar less ca-certificates curl
  podman crun conmon netavark aardvark-dns catatonit
  postgresql-client
  python3 # ansible and pyinfra, which bench/ measures against, need it; this project does not
)
# What a machine without its own kernel, consoles and disks cannot run, so that `systemctl --failed` stays empty.
masked=(
  systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-udev-trigger.service
  systemd-modules-load.service sys-kernel-debug.mount sys-kernel-tracing.mount dev-hugepages.mount
  systemd-journald-audit.socket console-getty.service getty.target
  apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer dpkg-db-backup.timer
)
# shellcheck disable=SC2016 # $1 is mmdebstrap's: the root directory
rootfs trixie "$(IFS=,; echo "${packages[*]}")" "$1" "$2" \
  --customize-hook="copy-in $here/lab-init /usr/local/sbin" \
  --customize-hook='chmod 755 "$1/usr/local/sbin/lab-init"' \
  --customize-hook='rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/machine-id "$1"/var/lib/dbus/machine-id "$1"/etc/resolv.conf "$1"/etc/hostname; : >"$1/etc/machine-id"' \
  --customize-hook='mkdir -p "$1/etc/systemd/journald.conf.d"; printf "[Journal]\nReadKMsg=no\n" >"$1/etc/systemd/journald.conf.d/50-lab.conf"' \
  --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin' \
  --customize-hook='chroot "$1" systemctl enable ssh.service podman.socket' \
  --customize-hook="chroot \"\$1\" systemctl mask ${masked[*]}"
