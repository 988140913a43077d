import type { RuleGroup } from "../rule";

const on = 'up{job="node", node="desktop", lifecycle="always-on"}';
const onDemand = 'up{job="node", node="compute", lifecycle="on-demand"}';
const meant = 'homelab_node_meant_to_be_on{job="node", node="storage", peer="compute"}';

/** Which nodes must answer now: the base of every rule that speaks of what does not answer. */
export const expected: RuleGroup = {
  name: "homelab-expected",
  records: [
    {
      record: "homelab:node_expected",
      // A node's word comes by storage (components/power): 1 after `on`, 0 after it went off on purpose. Without a word an
      // on-demand node may be off at any time. A node that is on is expected too, so that what fails there is told.
      expr: `max by (node) (up{job="node", lifecycle="always-on"} * 0 + 1)
or max by (node) (label_replace(last_over_time(homelab_node_meant_to_be_on[1h]), "node", "$1", "peer", "(.+)") == 1)
or max by (node) (up{job="node"} == 1)`,
    },
  ],
  rules: [],
};

export const nodes: RuleGroup = {
  name: "homelab-nodes",
  rules: [
    {
      alert: "NodeDown",
      // Not `up == 0` with a long `for`: one good scrape begins that anew, and a node that comes and goes is never told. The
      // short one is for Prometheus' own start, when two minutes hold a single scrape.
      expr: 'max_over_time(up{job="node"}[2m]) == 0 and on (node) homelab:node_expected == 1',
      for: "1m",
      keepFiringFor: "2m",
      severity: "critical",
      summary: "{{ $labels.node }} does not answer, though it should be on.",
      fires: {
        "an always-on node that is gone": {
          series: { [on]: "1x20 0x60" },
          step: "15s",
          at: "9m",
          alerts: [
            {
              labels: { job: "node", node: "desktop", lifecycle: "always-on" },
              says: "desktop does not answer, though it should be on.",
            },
          ],
        },
        "an on-demand node that lost its power": {
          series: { [onDemand]: "1x20 0x60", [meant]: "1x80" },
          step: "15s",
          at: "9m",
          alerts: [
            {
              labels: { job: "node", node: "compute", lifecycle: "on-demand" },
              says: "compute does not answer, though it should be on.",
            },
          ],
        },
      },
      silent: {
        "an on-demand node that said idle and went off": {
          series: { [onDemand]: "1x20 0x240", [meant]: "1x18 0x242" },
          step: "15s",
          at: "60m",
        },
        "an on-demand node of which nobody knows": {
          series: { [onDemand]: "1x20 0x240" },
          step: "15s",
          at: "60m",
        },
        "a reboot of two minutes": { series: { [on]: "1x20 0x8 1x40" }, step: "15s", at: "7m30s" },
        "a node that has been off since before Prometheus started": {
          series: { [onDemand]: "0x40", [meant]: "0x40" },
          step: "15s",
          at: "9m",
        },
      },
    },
    {
      alert: "NodeComesAndGoes",
      expr: 'avg_over_time(up{job="node"}[15m]) < 0.8 and changes(up{job="node"}[15m]) > 3 and on (node) homelab:node_expected == 1',
      for: "5m",
      keepFiringFor: "15m",
      severity: "warning",
      summary: "{{ $labels.node }} answers only {{ $value | humanizePercentage }} of the time.",
      fires: {
        "a node that answers every third time": {
          series: { [on]: `1x20 ${"0 0 1 ".repeat(32)}` },
          step: "15s",
          at: "28m",
          alerts: [
            {
              labels: { job: "node", node: "desktop", lifecycle: "always-on" },
              says: "desktop answers only 33.33% of the time.",
            },
          ],
        },
      },
      silent: {
        "a reboot of five minutes": { series: { [on]: "1x60 0x20 1x80" }, step: "15s", at: "28m" },
      },
    },
    {
      alert: "NodeDidNotWake",
      // Of timers alone: who wakes a node by hand is told by the command.
      expr: `label_replace(node_systemd_timer_last_trigger_seconds{name=~"homelab-wake-.+"}, "peer", "$1", "name", "homelab-wake-(.+).timer")
  > on (peer) group_left () homelab_node_last_word_timestamp_seconds
unless on (peer) label_replace(max_over_time(up{job="node"}[10m]) == 1, "peer", "$1", "node", "(.+)")`,
      for: "10m",
      severity: "warning",
      summary: "{{ $labels.peer }} was woken more than ten minutes ago and does not answer.",
      fires: {
        "a node that was woken and did not come": {
          series: {
            'homelab_node_last_word_timestamp_seconds{node="storage", peer="compute"}': "100x60",
            'node_systemd_timer_last_trigger_seconds{node="storage", name="homelab-wake-compute.timer"}':
              "50x10 600x50",
            [onDemand]: "0x60",
          },
          at: "25m",
          alerts: [
            {
              labels: { node: "storage", name: "homelab-wake-compute.timer", peer: "compute" },
              says: "compute was woken more than ten minutes ago and does not answer.",
            },
          ],
        },
      },
      silent: {
        "a node that was on already": {
          series: {
            'homelab_node_last_word_timestamp_seconds{node="storage", peer="compute"}': "100x60",
            'node_systemd_timer_last_trigger_seconds{node="storage", name="homelab-wake-compute.timer"}':
              "50x10 600x50",
            [onDemand]: "1x60",
          },
          at: "25m",
        },
      },
    },
    {
      alert: "ServiceDown",
      // Of a node that has answered for a while: one that is off, or has just been started, is no news of this rule.
      expr: 'max_over_time(up{job!="node"}[1m]) == 0 and on (node) min_over_time(up{job="node"}[3m]) == 1',
      for: "2m",
      keepFiringFor: "2m",
      severity: "critical",
      summary: "{{ $labels.job }} on {{ $labels.node }} does not answer.",
      fires: {
        "a service that is gone from a node that is on": {
          series: { [on]: "1x60", 'up{job="nats", node="desktop"}': "1x20 0x40" },
          step: "15s",
          at: "9m",
          alerts: [{ labels: { job: "nats", node: "desktop" }, says: "nats on desktop does not answer." }],
        },
      },
      silent: {
        "a service of a node that is off on purpose": {
          series: {
            [onDemand]: "1x20 0x80",
            [meant]: "1x18 0x82",
            'up{job="mlflow", node="compute"}': "1x20 0x80",
          },
          step: "15s",
          at: "20m",
        },
        "a service that is restarted": {
          series: { [on]: "1x60", 'up{job="nats", node="desktop"}': "1x20 0x6 1x34" },
          step: "15s",
          at: "7m",
        },
      },
    },
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
    {
      alert: "MemoryExhausted",
      // Programs that wait for memory, not a percentage: a full page cache is well.
      expr: "rate(node_pressure_memory_waiting_seconds_total[5m]) > 0.2 or node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.03",
      for: "5m",
      keepFiringFor: "10m",
      severity: "critical",
      summary: "{{ $labels.node }} is out of memory: programs wait for it.",
      fires: {
        "programs that wait a third of the time": {
          series: { 'node_pressure_memory_waiting_seconds_total{node="storage"}': "0+20x30" },
          at: "20m",
          alerts: [{ labels: { node: "storage" }, says: "storage is out of memory: programs wait for it." }],
        },
      },
      silent: {
        "a little waiting, and a tenth of the memory available": {
          series: {
            'node_pressure_memory_waiting_seconds_total{node="storage"}': "0+2x30",
            'node_memory_MemAvailable_bytes{node="storage"}': "10x30",
            'node_memory_MemTotal_bytes{node="storage"}': "100x30",
          },
          at: "20m",
        },
      },
    },
    {
      alert: "KilledForMemory",
      expr: "increase(node_vmstat_oom_kill[10m]) > 0",
      keepFiringFor: "10m",
      severity: "warning",
      summary: "The kernel killed a program on {{ $labels.node }} for want of memory.",
      fires: {
        "one more kill": {
          series: { 'node_vmstat_oom_kill{node="compute"}': "3x10 4x10" },
          at: "14m",
          alerts: [
            {
              labels: { node: "compute" },
              says: "The kernel killed a program on compute for want of memory.",
            },
          ],
        },
      },
      silent: {
        "kills of long ago": { series: { 'node_vmstat_oom_kill{node="compute"}': "3x20" }, at: "14m" },
      },
    },
    {
      alert: "ClockNotKept",
      // After a boot it is not kept until the first answer.
      expr: "min_over_time(node_timex_sync_status[10m]) == 0 and node_timex_maxerror_seconds >= 16 and node_time_seconds - node_boot_time_seconds > 3600",
      for: "1h",
      severity: "warning",
      summary: "Nothing keeps the clock of {{ $labels.node }}.",
      fires: {
        "a clock that nobody has kept for two hours": {
          series: clock("0x150", "16x150"),
          at: "140m",
          alerts: [{ labels: { node: "storage" }, says: "Nothing keeps the clock of storage." }],
        },
      },
      silent: {
        "a clock that is kept from half an hour on": {
          series: clock("0x30 1x120", "16x30 0.1x120"),
          at: "140m",
        },
      },
    },
    {
      alert: "ClockWrong",
      expr: "abs(timestamp(node_time_seconds) - node_time_seconds) > 5",
      for: "5m",
      severity: "critical",
      summary:
        "The clock of {{ $labels.node }} is {{ $value | humanizeDuration }} away from storage's: MinIO and Kubernetes refuse it at 15 minutes.",
      fires: {
        "a clock that is a minute ahead": {
          series: { 'node_time_seconds{node="compute"}': "60+60x30" },
          at: "20m",
          alerts: [
            {
              labels: { node: "compute" },
              says: "The clock of compute is 1m 0s away from storage's: MinIO and Kubernetes refuse it at 15 minutes.",
            },
          ],
        },
      },
      silent: {
        "a clock that is right": { series: { 'node_time_seconds{node="compute"}': "0+60x30" }, at: "20m" },
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

function clock(kept: string, error: string): Record<string, string> {
  return {
    'node_timex_sync_status{node="storage"}': kept,
    'node_timex_maxerror_seconds{node="storage"}': error,
    'node_time_seconds{node="storage"}': "0+60x150",
    'node_boot_time_seconds{node="storage"}': "0x150",
  };
}
