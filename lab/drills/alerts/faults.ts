import { crashing, k3sOf } from "../../../tests/cluster/kubectl";
import { emptyDisk, mountDisk, putDisk } from "../../../tests/support/loop-disk";
import type { NodeName } from "../../../topology";

/** A fault as it is really made on a machine, and the alert that must tell of it. */
export interface Fault {
  readonly alert: string;
  /** What is done, in a few words for the table. */
  readonly what: string;
  /** Where the commands run. */
  readonly on: NodeName;
  /** Labels that the message must have beside its name. */
  readonly labels: Readonly<Record<string, string>>;
  /** Bash that gets all ready; the time does not count. */
  readonly ready?: string;
  /** What `ready` is given on its input. @default nothing */
  readonly given?: () => string;
  /** What must be seen of it before it breaks, so that its end is news to Prometheus. @default nothing */
  readonly seen?: string;
  /** Bash; or what is done to the machine itself. */
  readonly breaks: string | { readonly machine: "kill" };
  /** Bash; a machine that was killed is started first. */
  readonly mends: string;
  /** Seconds within which it must be told. */
  readonly limit: number;
  /** Not in the short form of `make drills`. */
  readonly slow?: boolean;
  /** Made only while the lab has its cluster. */
  readonly cluster?: boolean;
}

const unit = (name: string) => `homelab-drill-${name}.service`;
const transient = (name: string, properties: string, command: string) =>
  `systemctl reset-failed ${unit(name)} 2>/dev/null; systemd-run --quiet --unit ${unit(name)} ${properties} ${command}`;
const gone = (name: string) =>
  `systemctl stop ${unit(name)} 2>/dev/null; systemctl reset-failed ${unit(name)} 2>/dev/null; true`;
const figures = "/var/lib/homelab/metrics/homelab_drill";

/** K3s' own kubectl, on storage. */
const kubectl = `${k3sOf("k3s")} kubectl`;

/** A disk of 64 MB, in a file. */
const disk = { file: "/var/lib/homelab-drill.img", at: "/srv/homelab-drill" };
// The exporter is restarted: on the lab's machines, which are containers, systemd leaves / private, so that what is mounted
// later is not seen in one. At home it is.
const unmount = `if umount ${disk.at} 2>/dev/null; then systemctl restart node-exporter; fi; rm -rf ${disk.file}; rmdir ${disk.at} 2>/dev/null; true`;

/** Those that do not disturb one another: they are all made at once, and each must be told. */
export const together: readonly Fault[] = [
  {
    alert: "UnitFailed",
    what: "an agent, a unit of its own, is killed",
    on: "desktop",
    labels: { node: "desktop", name: unit("agent") },
    ready: transient("agent", "--property Type=exec", "sleep 3600"),
    seen: `node_systemd_unit_state{name="${unit("agent")}", state="active"} == 1`,
    breaks: `systemctl kill -s KILL ${unit("agent")}`,
    mends: gone("agent"),
    limit: 60,
  },
  {
    alert: "UnitFailed",
    what: "a oneshot ends with an error",
    on: "compute",
    labels: { node: "compute", name: unit("oneshot") },
    breaks: transient("oneshot", "--property Type=oneshot --no-block", "false"),
    mends: gone("oneshot"),
    limit: 75,
  },
  {
    alert: "UnitRestarts",
    what: "a unit ends and is started again, in circles",
    on: "storage",
    labels: { node: "storage", name: unit("circles") },
    ready: transient(
      "circles",
      "--property Restart=always --property RestartSec=3 --property StartLimitIntervalSec=0",
      "sleep 3600",
    ),
    seen: `node_systemd_service_restart_total{name="${unit("circles")}"}`,
    breaks: `for i in 1 2 3 4 5 6 7 8 9 10; do systemctl kill -s KILL ${unit("circles")}; sleep 5; done`,
    mends: gone("circles"),
    limit: 240,
  },
  {
    alert: "PodCrashLoops",
    what: "a container of a pod ends every 20 seconds",
    // Where kubectl runs; the pod is on desktop.
    on: "storage",
    labels: { node: "desktop", namespace: "default", pod: "homelab-drill", container: "c" },
    seen: 'up{job="cadvisor", node="desktop"} == 1',
    breaks: `${kubectl} apply -f - <<<'${JSON.stringify(crashing("homelab-drill"))}'`,
    mends: `${kubectl} delete pod homelab-drill --ignore-not-found --wait=false`,
    limit: 420,
    cluster: true,
  },
  {
    alert: "JobStuck",
    what: "a oneshot hangs",
    on: "compute",
    labels: { node: "compute", name: unit("hangs") },
    breaks: transient("hangs", "--property Type=oneshot --no-block", "sleep 3600"),
    mends: gone("hangs"),
    limit: 180,
  },
  {
    alert: "RunFailed",
    what: "an agent's own scheduler notes a run that failed",
    on: "desktop",
    labels: { system: "drill", job_name: "nightly" },
    breaks:
      `printf 'homelab_run_last_success_timestamp_seconds{system="drill",job_name="nightly"} %s\\nhomelab_run_last_failure_timestamp_seconds{system="drill",job_name="nightly"} %s\\n' ` +
      `"$(($(date +%s) - 3600))" "$(date +%s)" >${figures}_run.new && mv ${figures}_run.new ${figures}_run.prom`,
    mends:
      `if [ -e ${figures}_run.prom ]; then sed -i "s/^\\(homelab_run_last_success[^ ]*\\) .*/\\1 $(date +%s)/" ${figures}_run.prom; sleep 20; ` +
      `rm -f ${figures}_run.prom; fi`,
    limit: 90,
  },
  {
    alert: "MetricsFileBroken",
    what: "a file of metrics is no longer one",
    on: "compute",
    labels: { node: "compute" },
    breaks: `echo 'this is {no metric' >${figures}_broken.prom`,
    mends: `rm -f ${figures}_broken.prom`,
    limit: 240,
  },
  {
    alert: "DiskFull",
    what: "a small disk is filled",
    on: "compute",
    labels: { node: "compute" },
    ready: `mkdir -p ${disk.at} && ${putDisk(disk.file)} && ${mountDisk(disk.file, disk.at)} && systemctl restart node-exporter`,
    given: () => emptyDisk(64),
    seen: `node_filesystem_size_bytes{node="compute", mountpoint="${disk.at}"} < 1e8`,
    breaks: `head -c 63M /dev/zero >${disk.at}/full 2>/dev/null; true`,
    mends: unmount,
    limit: 240,
  },
  {
    alert: "NatsSilent",
    what: "NATS is stopped",
    on: "desktop",
    labels: { node: "desktop" },
    seen: 'homelab_nats_up{node="desktop"} == 1',
    breaks: "systemctl stop nats",
    mends: "systemctl start nats",
    limit: 330,
  },
  {
    alert: "ServiceDown",
    what: "a program that is measured is stopped",
    on: "desktop",
    labels: { node: "desktop", job: "alertmanager" },
    breaks: "systemctl stop alertmanager",
    mends: "systemctl start alertmanager",
    limit: 420,
  },
  {
    alert: "PostgresConnections",
    what: "nearly all connections to PostgreSQL are taken",
    on: "storage",
    labels: { node: "storage" },
    breaks:
      "systemd-run --quiet --collect --unit homelab-drill-connections podman exec --user postgres postgres bash -c " +
      "'for ((i = 0; i < 95; i++)); do psql -qAtc \"select pg_sleep(600)\" >/dev/null 2>&1 & done; wait'",
    mends:
      "systemctl stop homelab-drill-connections 2>/dev/null; podman exec --user postgres postgres psql -qAtc " +
      "\"select count(pg_terminate_backend(pid)) from pg_stat_activity where query like 'select pg_sleep%'\" >/dev/null; true",
    limit: 240,
  },
  {
    alert: "TimerMissing",
    what: "a timer of the house is stopped",
    on: "compute",
    labels: { node: "compute" },
    breaks: "systemctl stop homelab-drill-timer.timer 2>/dev/null; true",
    ready:
      "printf '[Timer]\\nOnCalendar=hourly\\n' >/run/systemd/system/homelab-drill-timer.timer && " +
      "printf '[Service]\\nType=oneshot\\nExecStart=/bin/true\\n' >/run/systemd/system/homelab-drill-timer.service && " +
      "mkdir -p /var/lib/homelab/units/homelab-drill-timer.timer && systemctl daemon-reload && systemctl start homelab-drill-timer.timer",
    seen: 'homelab_timer_active{node="compute", name="homelab-drill-timer.timer"} == 1',
    mends:
      "systemctl stop homelab-drill-timer.timer 2>/dev/null; rm -rf /var/lib/homelab/units/homelab-drill-timer.timer " +
      "/run/systemd/system/homelab-drill-timer.*; systemctl daemon-reload",
    limit: 240,
  },
  {
    alert: "BackupFailed",
    what: "a backup of files cannot reach its repository, and is killed",
    on: "desktop",
    labels: { node: "desktop", job_kind: "files" },
    // As if storage refused it; restic would try again for a quarter of an hour.
    breaks:
      "nft add table inet homelab_drill && nft 'add chain inet homelab_drill out { type filter hook output priority 0; }' && " +
      "nft add rule inet homelab_drill out tcp dport 8010 reject && systemctl start --no-block homelab-backup-files && sleep 10 && " +
      "podman kill -s KILL homelab-backup-files",
    mends:
      "nft delete table inet homelab_drill 2>/dev/null; podman kill -s KILL homelab-backup-files 2>/dev/null; sleep 2; " +
      "systemctl reset-failed homelab-backup-files 2>/dev/null; systemctl start homelab-backup-files",
    limit: 300,
  },
  {
    alert: "LogsNotArriving",
    what: "what carries the logs is stopped",
    on: "compute",
    labels: { node: "compute" },
    breaks: "systemctl stop homelab-journal-upload; logger -t homelab-drill waiting",
    mends: "systemctl start homelab-journal-upload",
    limit: 330,
  },
];

/** Those that take away what others need: one after the other, when the rest is over. */
export const alone: readonly Fault[] = [
  {
    alert: "PostgresDown",
    what: "PostgreSQL is stopped",
    on: "storage",
    labels: { node: "storage" },
    breaks: "systemctl stop postgres",
    mends: "systemctl start postgres",
    limit: 240,
  },
  {
    alert: "NodeDown",
    what: "a node that should be on loses power",
    on: "desktop",
    labels: { node: "desktop" },
    breaks: { machine: "kill" },
    mends: "true",
    limit: 300,
    slow: true,
  },
  {
    alert: "MonitoringDead",
    what: "Prometheus is killed and does not come back",
    on: "storage",
    labels: {},
    breaks: "systemctl kill -s KILL prometheus; systemctl stop prometheus",
    mends: "systemctl start prometheus",
    limit: 600,
    slow: true,
  },
];
