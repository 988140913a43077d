import type { Page } from "../queries";

const disks = 'fstype=~"ext4|xfs|btrfs|zfs"';

export const storage: Page = {
  uid: "homelab-storage",
  title: "Storage and backups",
  rows: {
    Disks: [
      {
        title: "Used",
        expr: `max by (node, device) (1 - node_filesystem_avail_bytes{${disks}} / node_filesystem_size_bytes)`,
        legend: "{{node}} {{device}}",
        unit: "percentunit",
      },
      {
        title: "Written",
        expr: "sum by (node) (rate(node_disk_written_bytes_total[$step]))",
        legend: "{{node}}",
        unit: "Bps",
        mayBeEmpty: true,
      },
    ],
    // Of whichever engine there is.
    "Object store": [
      {
        title: "Kept",
        expr: 'sum by (node) (minio_cluster_usage_total_bytes) or sum by (node) (SeaweedFS_volumeServer_total_disk_size{type="normal"})',
        legend: "{{node}}",
        unit: "bytes",
        mayBeEmpty: true,
      },
      {
        title: "Room left",
        expr: 'sum by (node) (minio_cluster_capacity_usable_free_bytes) or sum by (node) (SeaweedFS_volumeServer_resource{type="avail"})',
        legend: "{{node}}",
        unit: "bytes",
      },
      {
        title: "Well (1), not (0)",
        expr: 'homelab_service_healthy{name=~"minio.service|seaweedfs.service"}',
        legend: "{{node}} {{name}}",
        unit: "none",
      },
    ],
    Backups: [
      {
        title: "Age of the last good one",
        expr: "time() - max by (node, job_kind) (last_over_time(homelab_job_last_success_timestamp_seconds[8d]) > 0)",
        legend: "{{node}} {{job_kind}}",
        unit: "s",
        mayBeEmpty: true,
      },
      {
        title: "Well (1), failed (0)",
        expr: "min by (node, job_kind) (homelab_job_success)",
        legend: "{{node}} {{job_kind}}",
        unit: "none",
        mayBeEmpty: true,
      },
      {
        title: "WAL is received",
        expr: "homelab_backup_wal_streaming",
        legend: "{{node}}",
        unit: "none",
      },
      {
        title: "Covered",
        expr: "homelab_backup_covered",
        legend: "{{node}} {{datname}}{{database}}{{path}}",
        unit: "none",
      },
    ],
  },
};
