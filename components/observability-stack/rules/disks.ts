import type { RuleGroup } from "../rule";

export const disks: RuleGroup = {
  name: "homelab-disks",
  rules: [
    {
      alert: "DiskFull",
      // By device: one that is mounted in several places is told once.
      expr: `min by (node, device) (node_filesystem_avail_bytes{${ownDisks()}} / node_filesystem_size_bytes) < 0.05`,
      for: "2m",
      severity: "critical",
      summary: "Less than 5 % of {{ $labels.device }} on {{ $labels.node }} is free.",
      fires: {
        "a disk with 1 % free": {
          series: disk("/srv", "ext4", "1x30", "100x30"),
          at: "10m",
          alerts: [
            {
              labels: { node: "storage", device: "/dev/sda2" },
              says: "Less than 5 % of /dev/sda2 on storage is free.",
            },
          ],
        },
      },
      silent: {
        "a memory file system and a container's layer": {
          series: {
            ...disk("/run", "tmpfs", "1x30", "100x30"),
            ...disk("/var/lib/containers/storage/overlay/x/merged", "overlay", "1x30", "100x30"),
          },
          at: "10m",
        },
        "a disk with 6 % free": { series: disk("/srv", "ext4", "6x30", "100x30"), at: "10m" },
      },
    },
    {
      alert: "DiskFillsUp",
      expr: `min by (node, device) (node_filesystem_avail_bytes{${ownDisks()}} / node_filesystem_size_bytes < 0.25 and predict_linear(node_filesystem_avail_bytes[6h], 24 * 3600) < 0)`,
      for: "1h",
      keepFiringFor: "1h",
      severity: "warning",
      summary: "{{ $labels.device }} on {{ $labels.node }} is full within a day, as it goes.",
      fires: {
        "a disk that loses 2 % an hour and has 20 %": {
          series: disk("/srv", "ext4", "40000-133x230", "100000x230"),
          step: "4m",
          at: "12h",
          alerts: [
            {
              labels: { node: "storage", device: "/dev/sda2" },
              says: "/dev/sda2 on storage is full within a day, as it goes.",
            },
          ],
        },
      },
      silent: {
        "a nearly full disk on which nothing is written": {
          series: disk("/srv", "ext4", "10000x230", "100000x230"),
          step: "4m",
          at: "12h",
        },
      },
    },
    {
      alert: "InodesFull",
      expr: 'node_filesystem_files_free{fstype=~"ext4|xfs"} / node_filesystem_files < 0.05',
      for: "5m",
      severity: "critical",
      summary: "Less than 5 % of the inodes of {{ $labels.mountpoint }} on {{ $labels.node }} are free.",
      fires: {
        "a file system with room and no inodes": {
          series: {
            'node_filesystem_files_free{node="storage", fstype="ext4", mountpoint="/srv"}': "1x30",
            'node_filesystem_files{node="storage", fstype="ext4", mountpoint="/srv"}': "100x30",
          },
          at: "10m",
          alerts: [
            {
              labels: { node: "storage", fstype: "ext4", mountpoint: "/srv" },
              says: "Less than 5 % of the inodes of /srv on storage are free.",
            },
          ],
        },
      },
      silent: {
        "a file system with inodes": {
          series: {
            'node_filesystem_files_free{node="storage", fstype="ext4", mountpoint="/srv"}': "50x30",
            'node_filesystem_files{node="storage", fstype="ext4", mountpoint="/srv"}': "100x30",
          },
          at: "10m",
        },
      },
    },
    {
      alert: "DiskReadOnly",
      // The kernel does that to a file system in which it found a mistake. What was mounted so is left alone.
      expr: `node_filesystem_readonly{${ownDisks()}} == 1 and min_over_time(node_filesystem_readonly[1d]) == 0`,
      severity: "critical",
      summary:
        "{{ $labels.mountpoint }} on {{ $labels.node }} can no longer be written to: the kernel found a mistake on it.",
      fires: {
        "a file system that became read-only": {
          series: {
            'node_filesystem_readonly{node="storage", device="/dev/sda2", fstype="ext4", mountpoint="/srv"}':
              "0x10 1x10",
          },
          at: "12m",
          alerts: [
            {
              labels: { node: "storage", device: "/dev/sda2", fstype: "ext4", mountpoint: "/srv" },
              says: "/srv on storage can no longer be written to: the kernel found a mistake on it.",
            },
          ],
        },
      },
      silent: {
        "a file system that was always read-only": {
          series: {
            'node_filesystem_readonly{node="storage", device="/dev/sdb1", fstype="ext4", mountpoint="/media"}':
              "1x20",
          },
          at: "12m",
        },
      },
    },
    {
      alert: "DiskFailing",
      // A RAID without one of its disks; and what a disk says of itself, by smartctl_exporter or its text file, where there.
      expr: 'node_md_disks_required - ignoring (state) node_md_disks{state="active"} > 0 or increase(node_btrfs_device_errors_total[1h]) > 0 or smartctl_device_smart_status == 0 or smartmon_device_smart_healthy == 0',
      for: "1m",
      keepFiringFor: "1h",
      severity: "critical",
      summary:
        "A disk of {{ $labels.node }} ({{ $labels.device }}{{ $labels.disk }}) is failing, or is missing in its RAID.",
      fires: {
        "a mirror that has lost one of its disks": {
          series: {
            'node_md_disks_required{node="storage", device="md0"}': "2x10",
            'node_md_disks{node="storage", device="md0", state="active"}': "1x10",
          },
          at: "5m",
          alerts: [
            {
              labels: { node: "storage", device: "md0" },
              says: "A disk of storage (md0) is failing, or is missing in its RAID.",
            },
          ],
        },
        "a disk that says it is not well": {
          series: { 'smartctl_device_smart_status{node="storage", device="sda"}': "0x10" },
          at: "5m",
          alerts: [
            {
              labels: { node: "storage", device: "sda" },
              says: "A disk of storage (sda) is failing, or is missing in its RAID.",
            },
          ],
        },
      },
      silent: {
        "a whole mirror of healthy disks": {
          series: {
            'node_md_disks_required{node="storage", device="md0"}': "2x10",
            'node_md_disks{node="storage", device="md0", state="active"}': "2x10",
            'smartctl_device_smart_status{node="storage", device="sda"}': "1x10",
          },
          at: "5m",
        },
      },
    },
  ],
};

/** File systems that somebody can fill or clear, as the node exporter labels them. */
function ownDisks(): string {
  return 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660|fuse.*|nsfs|efivarfs", mountpoint!~"/(run|proc|sys|dev|boot)(/.*)?|/var/lib/(containers|kubelet)/.+"';
}

function disk(mountpoint: string, fstype: string, free: string, size: string): Record<string, string> {
  const labels = `{node="storage", device="/dev/sda2", fstype="${fstype}", mountpoint="${mountpoint}"}`;
  return { [`node_filesystem_avail_bytes${labels}`]: free, [`node_filesystem_size_bytes${labels}`]: size };
}
