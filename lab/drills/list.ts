import { statSync } from "node:fs";
import { join } from "node:path";

/** Every drill there is, for `make drills`. */
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
const hasContent = (path: string) => (statSync(join(root, path), { throwIfNoEntry: false })?.size ?? 0) > 0;
const noCluster = () =>
  hasContent("lab/state/kubeconfig")
    ? undefined
    : "the lab has no cluster: `lab/cluster on` builds it (a quarter of an hour the first time)";
const tests = (project: "lab" | "slow", file: string): Command => ({
  words: ["lab/in", "npx", "--no-install", "vitest", "run", "--project", project, file],
});
const rounds = (count: number, more: Readonly<Record<string, string>> = {}) => ({
  ROUNDS: String(count),
  ...more,
});

export const drills: readonly Drill[] = [
  {
    name: "cut",
    does: "storage loses power, and with it all that was written and not synced, while clients commit and put objects, backups of all kinds are made, and units and secrets are changed; sometimes desktop goes at the same moment.",
    short: { words: ["lab/drills/cut/run"], environment: rounds(10, { MINUTES: "8" }) },
    full: { words: ["lab/drills/cut/run"], environment: rounds(50) },
    minutes: 12,
    runbooks: ["storage-lost-power", "killed-run"],
  },
  {
    name: "power",
    does: "storage loses power while clients commit; it comes back, or its standby on desktop is promoted and storage rejoins.",
    short: { words: ["lab/drills/power/run"], environment: rounds(4, { PROMOTE: "4" }) },
    full: { words: ["lab/drills/power/run"], environment: rounds(50) },
    minutes: 8,
    runbooks: ["storage-lost-power", "promote"],
  },
  {
    name: "restore",
    does: "storage loses its data disk; PostgreSQL, buckets and repositories come back from the copy on desktop. A table is brought back from the moment before it was dropped.",
    short: { words: ["lab/drills/restore/run"] },
    minutes: 7,
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
    short: { ...tests("lab", "tests/storage/interrupted.lab.test.ts"), environment: { HOMELAB_CUTS: "2" } },
    full: { ...tests("lab", "tests/storage/interrupted.lab.test.ts"), environment: { HOMELAB_CUTS: "30" } },
    minutes: 5,
    runbooks: ["killed-run"],
  },
  {
    name: "rollback",
    does: "a unit is given a version that does not become healthy, and its predecessor comes back; stopped in the middle, too.",
    short: tests("lab", "remote/unit/unit.lab.test.ts"),
    minutes: 3,
    runbooks: ["rolled-back"],
  },
  {
    name: "host-key",
    does: "a machine shows another host key than the topology has.",
    short: tests("lab", "remote/ssh.lab.test.ts"),
    minutes: 1,
    runbooks: ["host-key"],
  },
  {
    name: "passwords",
    does: "a password of each kind is replaced as if it had leaked; the former ones are tried.",
    short: tests("lab", "tests/storage/secrets.lab.test.ts"),
    minutes: 3,
    runbooks: ["password-leaked"],
  },
  {
    name: "state-lost",
    does: "the state of storage and of desktop is deleted; an `up` takes over what is on the nodes.",
    short: tests("slow", "tests/storage/state-lost.slow.test.ts"),
    minutes: 4,
    runbooks: ["state"],
  },
  {
    name: "sleep",
    does: "compute is put to sleep and woken over the network.",
    short: tests("lab", "tests/power/wake-sleep.lab.test.ts"),
    minutes: 3,
    runbooks: ["wake-and-sleep"],
  },
];

/** What counts as this drill's house: what is switched on beyond the lab's defaults. */
export const switchedOn = (): string =>
  hasContent("lab/state/kubeconfig") ? "the cluster, beside the lab's defaults" : "the lab's defaults";
