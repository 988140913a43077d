import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";

/** Every drill there is, for `make drills`: in this order, until its hour is over. */
export interface Drill {
  /** Heading of its part of the report, and name of its log. */
  readonly name: string;
  /** What is done to the house. */
  readonly does: string;
  readonly short: Command;
  /** `make drills FULL=1`. @default the short one */
  readonly full?: Command;
  /** After so long the shortened form is ended. */
  readonly minutes: number;
  /** Why it cannot be run now; nothing when it can. */
  readonly lacks?: () => string | undefined;
  /** Pages of docs/runbooks whose steps it goes through. */
  readonly runbooks: readonly string[];
}

export interface Command {
  readonly words: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const root = join(__dirname, "../..");
/** What has a switch of its own in the lab, and the file that says that it is on. */
const switches = {
  "the cluster": "kubeconfig",
  measurements: "observability",
  Prefect: "prefect",
  "the mesh": "mesh/storage",
} as const;

type Switch = keyof typeof switches;
const isOn = (name: Switch) =>
  (statSync(join(root, "lab/state", switches[name]), { throwIfNoEntry: false })?.size ?? 0) > 0;

/** Whether the lab has a cluster. */
export const hasCluster = (): boolean => isOn("the cluster");
const noCluster = () =>
  hasCluster()
    ? undefined
    : "the lab has no cluster: `lab/cluster on` builds it (a quarter of an hour the first time)";
/** Whether it measures itself, and has the log engine. */
export const hasMeasurements = (): boolean => isOn("measurements");
const noMeasurements = () =>
  hasMeasurements() ? undefined : "the lab measures nothing: `lab/observability on` switches it on (minutes)";
/** Whether its machines are members of a mesh. */
export const hasMesh = (): boolean => isOn("the mesh");
/** Who mounts a disk of his own. */
const notRoot = () =>
  process.getuid?.() === 0 ? undefined : "it mounts a disk of its own, and that needs root";
const noPrefect = () =>
  isOn("Prefect") ? undefined : "the lab has no Prefect: `lab/jobs on` switches it on";
const noGateway = () =>
  spawnSync(join(root, "lab/inference"), ["there"], { stdio: "ignore" }).status === 0
    ? undefined
    : "the gateway's programs are not built: `make test-inference` does it (minutes)";
const noMesh = () =>
  hasMesh() ? undefined : "the lab has no mesh: `lab/mesh on` makes it (minutes the first time)";
/** @param only those whose name it is a part of, as a regular expression. @default all of the file */
const tests = (project: "lab" | "slow", file: string, only?: string): Command => ({
  words: [
    ...["lab/in", "npx", "--no-install", "vitest", "run", "--project", project, file],
    ...(only === undefined ? [] : ["-t", only]),
  ],
});
const rounds = (count: number, more: Readonly<Record<string, string>> = {}) => ({
  ROUNDS: String(count),
  ...more,
});

/** Alerts of the shortened form: those that are told within minutes, of a unit, a run and a disk. */
const soonTold = ["UnitFailed", "RunFailed", "DiskFull"];
/** Faults of jobs of the shortened form, as a regular expression: a minute or two each. */
const fewOfJobs = "^(the worker is killed|PostgreSQL is restarted), running$|^a job begun twice$";

export const drills: readonly Drill[] = [
  {
    name: "cut",
    does: "storage loses power, and with it all that was written and not synced, while clients commit and put objects, backups of all kinds are made, and units and secrets are changed; sometimes desktop goes at the same moment.",
    short: { words: ["lab/drills/cut/run"], environment: rounds(10, { MINUTES: "3" }) },
    full: { words: ["lab/drills/cut/run"], environment: rounds(50) },
    minutes: 10,
    runbooks: ["storage-lost-power", "killed-run"],
  },
  {
    name: "nats",
    does: "desktop loses power, and with it all that was written and not synced, while clients publish to JetStream: with the house's default, and for the figure with NATS' own.",
    short: { words: ["lab/drills/nats/run"], environment: rounds(2, { OTHERS: "1" }) },
    full: { words: ["lab/drills/nats/run"], environment: rounds(50) },
    minutes: 4,
    runbooks: [],
  },
  {
    name: "objects",
    does: "MinIO, on a disk of its own, loses power and what was not synced while MLflow, Dagster and plain clients put objects and overwrite others, with versions and without.",
    short: { words: ["lab/drills/objects/run"], environment: rounds(4) },
    full: { words: ["lab/drills/objects/run"], environment: rounds(50) },
    minutes: 4,
    lacks: notRoot,
    runbooks: [],
  },
  {
    name: "power",
    does: "storage loses power while clients commit; it comes back, or its standby on desktop is promoted and storage rejoins.",
    short: { words: ["lab/drills/power/run"], environment: rounds(2, { PROMOTE: "2" }) },
    full: { words: ["lab/drills/power/run"], environment: rounds(50) },
    minutes: 8,
    runbooks: ["storage-lost-power", "promote"],
  },
  {
    name: "restore",
    does: "storage loses its data disk; PostgreSQL, buckets and repositories come back from the copy on desktop. A table is brought back from the moment before it was dropped.",
    short: { words: ["lab/drills/restore/run"] },
    // With the cluster on: seven and a quarter were measured beside other work.
    minutes: 10,
    runbooks: ["restore"],
  },
  {
    name: "migrate",
    does: "a PostgreSQL 17 on compute is moved to storage; the move is killed on the way, and goes on.",
    short: { words: ["lab/drills/migrate/run", "--small"] },
    full: { words: ["lab/drills/migrate/run", "--plain"] },
    minutes: 5,
    runbooks: ["move-a-database"],
  },
  {
    name: "wipe",
    does: "compute is killed, its disk deleted, and the machine made again while clients on desktop work.",
    short: { words: ["lab/drills/wipe/run"], environment: rounds(1) },
    full: { words: ["lab/drills/wipe/run"], environment: rounds(20) },
    minutes: 9,
    lacks: noCluster,
    runbooks: ["compute-lost"],
  },
  {
    name: "interrupted",
    does: "runs of `pulumi up` are killed with all their processes at random moments, and the next one finishes them.",
    short: { ...tests("lab", "tests/storage/interrupted.lab.test.ts"), environment: { HOMELAB_CUTS: "1" } },
    full: { ...tests("lab", "tests/storage/interrupted.lab.test.ts"), environment: { HOMELAB_CUTS: "30" } },
    // With the cluster on, a first run that is cut off and the one before it make one anew each.
    minutes: 10,
    runbooks: ["killed-run"],
  },
  {
    name: "rollback",
    does: "a unit is given a version that does not become healthy, and its predecessor comes back; stopped in the middle, too.",
    short: tests("lab", "remote/unit/unit.lab.test.ts", "predecessor back|cut off"),
    full: tests("lab", "remote/unit/unit.lab.test.ts"),
    minutes: 5,
    runbooks: ["rolled-back"],
  },
  {
    name: "host-key",
    does: "a machine shows another host key than the topology has.",
    short: tests("lab", "remote/ssh.lab.test.ts", "another key|which key"),
    full: tests("lab", "remote/ssh.lab.test.ts"),
    minutes: 2,
    runbooks: ["host-key"],
  },
  {
    name: "passwords",
    does: "a password of each kind is replaced as if it had leaked; the former ones are tried.",
    short: tests("lab", "tests/storage/secrets.lab.test.ts", "recreated passwords are those that count"),
    full: tests("lab", "tests/storage/secrets.lab.test.ts"),
    minutes: 5,
    runbooks: ["password-leaked"],
  },
  {
    name: "state-lost",
    does: "the state of storage and of desktop is deleted; an `up` takes over what is on the nodes.",
    short: tests("slow", "tests/storage/state-lost.slow.test.ts", "a stack whose state is lost"),
    full: tests("slow", "tests/storage/state-lost.slow.test.ts"),
    minutes: 6,
    runbooks: ["state"],
  },
  {
    name: "sleep",
    does: "compute is put to sleep and woken over the network.",
    short: tests("lab", "tests/power/wake-sleep.lab.test.ts"),
    minutes: 3,
    runbooks: ["wake-and-sleep"],
  },
  {
    name: "alerts",
    does: "the faults that alerts are for are really made, and it is measured how long it takes until the receiver has each message.",
    short: { words: ["lab/drills/alerts/run"], environment: { QUICK: "1", ALERTS: soonTold.join(",") } },
    full: { words: ["lab/drills/alerts/run"] },
    minutes: 10,
    lacks: noMeasurements,
    runbooks: ["alerts"],
  },
  {
    name: "jobs",
    does: "Prefect's server and worker are killed, PostgreSQL is restarted, the disk is filled, and nodes lose power while jobs run; jobs hang and overlap. Counted is how often each ran, by what it notes itself.",
    short: { words: ["lab/drills/jobs/run"], environment: { ONLY_OF: fewOfJobs } },
    full: { words: ["lab/drills/jobs/run"], environment: { MINUTES: "10" } },
    minutes: 10,
    lacks: noPrefect,
    runbooks: [],
  },
  {
    name: "agents",
    does: "eighteen agents work by the gateway while the local model is dead, and three of them are killed; whole, every fault of models, accounts and the gateway as well.",
    short: { words: ["lab/inference", "test", "tests/inference/agents.inference.test.ts"] },
    full: { words: ["lab/inference", "test"] },
    minutes: 8,
    lacks: noGateway,
    runbooks: ["alerts"],
  },
  {
    name: "mesh",
    does: "the coordination server is killed, UDP dropped, a key expires, a node is wiped, a stranger joins, and rules and a policy close SSH to whoever sets them.",
    short: {
      words: ["lab/mesh", "drill"],
      environment: { MINUTES: "1", ONLY_OF: "coordination,stranger,firewall,expired" },
    },
    full: { words: ["lab/mesh", "drill"], environment: { MINUTES: "10" } },
    minutes: 10,
    lacks: noMesh,
    runbooks: ["mesh"],
  },
];

/** The shortened form of all is ended after so many minutes. */
export const together = 60;

/** @returns minutes after which a drill is ended; nothing where so few are left that it does not begin */
export const limitOf = ({ minutes }: Pick<Drill, "minutes">, left: number): number | undefined =>
  left < Math.min(1, minutes) ? undefined : Math.min(minutes, left);

/** What counts as this drill's house: what is switched on beyond the lab's defaults. */
export const switchedOn = (): string => {
  const on = (Object.keys(switches) as Switch[]).filter(isOn);
  return on.length === 0 ? "the lab's defaults" : `${on.join(", ")}, beside the lab's defaults`;
};
