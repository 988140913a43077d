import type { RuleGroup } from "../rule";

export const minio: RuleGroup = {
  name: "homelab-minio",
  rules: [
    {
      alert: "ObjectStoreUnhealthy",
      expr: "minio_cluster_health_status == 0 or minio_cluster_drive_offline_total > 0",
      for: "2m",
      severity: "critical",
      summary: "MinIO on {{ $labels.node }} cannot read or write its disk.",
      fires: {
        "a drive that is offline": {
          series: { 'minio_cluster_drive_offline_total{node="storage"}': "0x3 1x10" },
          at: "8m",
          alerts: [{ labels: { node: "storage" }, says: "MinIO on storage cannot read or write its disk." }],
        },
      },
      silent: {
        "a store that is well": {
          series: {
            'minio_cluster_drive_offline_total{node="storage"}': "0x13",
            'minio_cluster_health_status{node="storage"}': "1x13",
          },
          at: "8m",
        },
      },
    },
  ],
};

const notTaken = [
  { labels: { node: "storage" }, says: "SeaweedFS on storage takes no objects, or its requests fail." },
];

/** SeaweedFS, and its second copy of each object where desktop keeps one. */
export const seaweedfs: RuleGroup = {
  name: "homelab-seaweedfs",
  rules: [
    {
      alert: "ObjectsNotTaken",
      // Too little room for another object, an error of the disk, or requests that fail again and again.
      expr: 'sum by (node) (SeaweedFS_volumeServer_read_only_volumes{type="isDiskSpaceLow"}) > 0 or sum by (node) (SeaweedFS_volumeServer_io_quarantine) > 0 or sum by (node) (increase(SeaweedFS_s3_request_total{code=~"5.."}[5m])) > 2',
      for: "5m",
      severity: "critical",
      summary: "SeaweedFS on {{ $labels.node }} takes no objects, or its requests fail.",
      fires: {
        "a disk with too little room": {
          series: {
            'SeaweedFS_volumeServer_read_only_volumes{node="storage", collection="mlflow", type="isDiskSpaceLow"}':
              "0x3 2x12",
          },
          at: "12m",
          alerts: notTaken,
        },
        "puts that are answered by an error": {
          series: {
            'SeaweedFS_s3_request_total{node="storage", bucket="mlflow", code="500", type="PUT"}':
              "0x3 1+1x15",
          },
          at: "15m",
          alerts: notTaken,
        },
        "a volume that the disk cannot read": {
          series: { 'SeaweedFS_volumeServer_io_quarantine{node="storage", kind="volume"}': "0x3 1x12" },
          at: "12m",
          alerts: notTaken,
        },
      },
      silent: {
        "requests that failed while it was restarted, and consumers that ask for what is not there": {
          series: {
            'SeaweedFS_s3_request_total{node="storage", bucket="mlflow", code="500", type="PUT"}': "0x3 4x12",
            'SeaweedFS_s3_request_total{node="storage", bucket="mlflow", code="404", type="GET"}': "0+9x15",
            'SeaweedFS_volumeServer_read_only_volumes{node="storage", collection="mlflow", type="isDiskSpaceLow"}':
              "0x15",
          },
          at: "12m",
        },
      },
    },
    {
      alert: "ObjectsKeptOnce",
      // SeaweedFS copies by itself what is there once: a volume of a gigabyte in minutes, a disk in hours.
      expr: "sum by (node) (SeaweedFS_master_replica_placement_mismatch) > 0",
      for: "2h",
      severity: "warning",
      summary:
        "{{ $value }} of SeaweedFS' volumes should be on two nodes and have been on one only for two hours.",
      fires: {
        "the other node's disk, lost in the afternoon": {
          series: {
            'SeaweedFS_master_replica_placement_mismatch{node="storage", id="1"}': "0x2 1x40",
            'SeaweedFS_master_replica_placement_mismatch{node="storage", id="2"}': "0x2 1x40",
            'SeaweedFS_master_replica_placement_mismatch{node="storage", id="3"}': "0x42",
          },
          step: "4m",
          at: "2h30m",
          alerts: [
            {
              labels: { node: "storage" },
              says: "2 of SeaweedFS' volumes should be on two nodes and have been on one only for two hours.",
            },
          ],
        },
      },
      silent: {
        "copies that are made after desktop was away": {
          series: {
            'SeaweedFS_master_replica_placement_mismatch{node="storage", id="1"}': "1x20 0x20",
            'SeaweedFS_master_replica_placement_mismatch{node="storage", id="2"}': "1x25 0x15",
          },
          step: "4m",
          at: "2h30m",
        },
      },
    },
  ],
};
