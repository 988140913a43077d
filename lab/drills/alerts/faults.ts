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
  /** What must be seen of it before it breaks, so that its end is news to Prometheus. @default nothing */
  readonly seen?: string;
  readonly breaks: string;
  readonly mends: string;
  /** Seconds within which it must be told. */
  readonly limit: number;
  /** Of `FULL=1` alone. */
  readonly slow?: boolean;
}

const unit = (name: string) => `homelab-drill-${name}.service`;
const transient = (name: string, properties: string, command: string) =>
  `systemctl reset-failed ${unit(name)} 2>/dev/null; systemd-run --quiet --unit ${unit(name)} ${properties} ${command}`;
const gone = (name: string) =>
  `systemctl stop ${unit(name)} 2>/dev/null; systemctl reset-failed ${unit(name)} 2>/dev/null; true`;

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
    limit: 540,
    slow: true,
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
