import type { Facts } from "./facts";

const hour = 3600;

/** After how long without success a job counts as overdue, seconds; its alerts say the same, held by a test. */
export const longest: Readonly<Record<string, number>> = {
  postgres: 36 * hour,
  buckets: 36 * hour,
  cluster: 36 * hour,
  files: 36 * hour,
  "off-node": 36 * hour,
  keep: 36 * hour,
  "off-node-wal": 2 * hour,
  watch: hour / 6,
  "postgres-drill": 9 * 24 * hour,
};

const displayNames: Readonly<Record<string, string>> = {
  postgres: "PostgreSQL, base backup and dumps",
  buckets: "copy of the buckets",
  cluster: "K3s' own state",
  files: "files of the node",
  "off-node": "copy off the machine",
  "off-node-wal": "PostgreSQL's WAL off the machine",
  keep: "former snapshots taken away",
  watch: "look at PostgreSQL's WAL",
  "postgres-drill": "restore drill of PostgreSQL",
};

export type JobState = "ok" | "failed" | "refused" | "overdue" | "not yet";

/** A job of the backups. */
export interface Job {
  readonly kind: string;
  readonly title: string;
  readonly state: JobState;
  /** Seconds since it last went well; undefined where it never has. */
  readonly age: number | undefined;
}

/** The jobs that are set up on a node, or have told how they went. */
export function jobsOf(facts: Facts): readonly Job[] {
  const timers = new Map(facts.all("timer").map(([name = "", since]) => [name, Number(since)]));
  const told = facts.all("metric").flatMap(([name = ""]) => /job_kind="([^"]+)"/.exec(name)?.[1] ?? []);
  const kinds = new Set([...told, ...[...timers.keys()].map((timer) => kindOf(timer))]);
  return [...kinds].sort().map((kind) => {
    const value = (name: string) =>
      Number(facts.about("metric", `homelab_job_${name}{job_kind="${kind}"}`)[0]?.[0] ?? Number.NaN);
    const last = value("last_success_timestamp_seconds");
    const since = [...timers].find(([timer]) => kindOf(timer) === kind)?.[1];
    const age = last > 0 ? facts.now - last : undefined;
    const overdue = facts.now - (last > 0 ? last : (since ?? facts.now)) > (longest[kind] ?? 36 * hour);
    const state: JobState =
      value("refused") === 1
        ? "refused"
        : value("success") === 0
          ? "failed"
          : overdue
            ? "overdue"
            : age === undefined
              ? "not yet"
              : "ok";
    return { kind, title: displayNames[kind] ?? kind, state, age };
  });
}

/** A job's timer is called as the job is, but for PostgreSQL's drill. */
const kindOf = (timer: string) => (timer === "drill" ? "postgres-drill" : timer);

const warnings: readonly (readonly [metric: string, bad: (value: number) => boolean, says: string])[] = [
  ["homelab_backup_wal_streaming", (value) => value === 0, "PostgreSQL's WAL does not arrive in the backup"],
  [
    "homelab_backup_wal_gap",
    (value) => value === 1,
    "PostgreSQL's WAL in the backup has a gap: what was written after it cannot be restored",
  ],
  [
    "homelab_backup_foreign_cluster",
    (value) => value === 1,
    "the running PostgreSQL is not the one that is backed up",
  ],
  ["homelab_backup_tablespaces", (value) => value > 0, "a tablespace keeps base backups from being made"],
  [
    "homelab_backup_clock_trusted",
    (value) => value === 0,
    "the clock cannot be trusted, so nothing old is taken away",
  ],
  ["homelab_backup_base_failed", (value) => value === 1, "the last backup has no whole base backup"],
];

/** What the backups themselves complain of. */
export function backupWarnings(facts: Facts): readonly string[] {
  const uncovered = facts
    .all("metric")
    .filter(([name = "", value]) => name.startsWith("homelab_backup_covered{") && Number(value) === 0)
    .map(
      ([name = ""]) => `${/kind="([^"]*)"/.exec(name)?.[1] ?? ""} ${/name="([^"]*)"/.exec(name)?.[1] ?? ""}`,
    );
  return [
    ...warnings
      .filter(([metric, bad]) => facts.about("metric", metric).some(([value]) => bad(Number(value))))
      .map(([, , says]) => says),
    ...(uncovered.length > 0 ? [`in no backup yet: ${uncovered.join(", ")}`] : []),
  ];
}
