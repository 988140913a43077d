#!/bin/bash
# cgroups.sh CMD…: runs a part that makes control groups where it finds controllers, and keeps what it would set for the
# whole computer to itself: a lab machine shares its kernel with others. Everything but /sys and /proc stays shared with
# the machine, so that containerd and the kubelet see each other's mounts.
# On a computer with control groups of version 2 nothing else is to do. With version 1 the machine's own tree (see
# lab-init) has no controllers: CMD is given the computer's hierarchies, each rooted at a group of this machine's own.
set -euo pipefail
self=$(readlink -f "$0")
controllers() { awk -F: '$1 > 0 && $2 !~ /name=/ { print $2 }' /proc/self/cgroup; }
case ${CGROUPS_STEP:-0} in
0)
  [ "$(findmnt -no PROPAGATION /)" = shared ] || mount --make-rshared /
  CGROUPS_STEP=1 exec unshare --mount --propagation unchanged "$self" "$@"
  ;;
1)
  mount --make-rprivate /sys
  mount --make-rprivate /proc
  copies=/run/k3s/sysctl
  mkdir -p "$copies"
  while read -r name value; do
    [ -e "/proc/sys/$name" ] || continue
    echo "$value" >"$copies/${name//\//-}"
    mount --bind "$copies/${name//\//-}" "/proc/sys/$name"
  done <<'K'
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
K
  if grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null; then
    unset CGROUPS_STEP
    exec "$@"
  fi
  # Over the machine's own, where no other process sees it: one that is left behind where others do (by a part that was
  # ended in between) is taken for the machine's by runc, and no container starts there any more.
  at=/sys/fs/cgroup
  for set in $(controllers); do
    mount -t cgroup -o "$set" cgroup "$at"
    group=$at/$(</etc/homelab-cgroup)
    mkdir -p "$group"
    # What a power cut left: there is no pod of that time any more.
    [ -e /run/k3s/cgroups-clean ] || find "$group" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null || true
    case ,$set, in
    *,cpuset,*)
      for what in cpus mems; do
        [ -n "$(cat "$group/cpuset.$what")" ] || cat "$at/cpuset.$what" >"$group/cpuset.$what"
      done
      ;;
    esac
    echo $$ >"$group/cgroup.procs"
    umount -l "$at"
  done
  : >/run/k3s/cgroups-clean
  CGROUPS_STEP=2 exec unshare --cgroup "$self" "$@"
  ;;
2)
  umount -R /sys/fs/cgroup
  mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
  for set in $(controllers); do
    mkdir "/sys/fs/cgroup/$set"
    mount -t cgroup -o "$set" cgroup "/sys/fs/cgroup/$set"
    case $set in *,*) for one in ${set//,/ }; do ln -s "$set" "/sys/fs/cgroup/$one"; done ;; esac
  done
  unset CGROUPS_STEP
  exec "$@"
  ;;
esac
