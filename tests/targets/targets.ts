import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(__dirname, "../..");
export const makefile = readFileSync(join(root, "Makefile"), "utf8");

/** Every target of the Makefile, in its order. */
export const named: readonly string[] = [...makefile.matchAll(/^([a-z][a-z-]*):/gm)].map(
  ([, name = ""]) => name,
);

/** How a target is begun so that it is over soon, or why it is not begun here. */
export type Shortest = { readonly environment?: Readonly<Record<string, string>> } | { readonly not: string };

const only = (...tests: string[]) => ({ environment: { TESTS: tests.join(" ") } });
const measures = { environment: { SHORT: "1" } };
const rounds = { environment: { ROUNDS: "1" } };

export const shortest: Readonly<Record<string, Shortest>> = {
  help: {},
  lab: {},
  "lab-down": {},
  doctor: {},
  test: { not: "CI runs it whole" },
  "test-slow": { environment: { TESTS: "tests/backup/prepared.slow.test.ts", FUZZ_MINUTES: "0.1" } },
  fuzz: { environment: { FUZZ_MINUTES: "0.1" } },
  "test-cluster": only("tests/cluster/ports.cluster.test.ts"),
  "test-pair": {},
  "test-observability": only("tests/observability/dashboards.observability.test.ts"),
  "test-inference": only("tests/inference/gateway.inference.test.ts"),
  "test-agents": {},
  "test-mesh": {},
  "test-dbt": {},
  "test-conversation": {},
  "test-compose": {},
  "test-jobs": {},
  "test-objects": {},
  "test-store": only("tests/store/beside.store.test.ts"),
  "test-targets": { not: "it is what begins the others" },
  drills: { environment: { ONLY: "host-key" } },
  "drill-cut": rounds,
  "drill-wipe": rounds,
  "drill-power": { environment: { ROUNDS: "2", PROMOTE: "2" } },
  "drill-restore": {},
  "drill-migrate": measures,
  "drill-alerts": {},
  "drill-jobs": {},
  "drill-nats": { environment: { ROUNDS: "1", OTHERS: "1", HERE: "1" } },
  "drill-objects": rounds,
  "drill-agents": only("tests/inference/agents.inference.test.ts"),
  "drill-mesh": { environment: { MINUTES: "1" } },
  bench: measures,
  "bench-cluster": measures,
  "clean-cache": {
    not: "it would remove what the others need; lab/state.test.ts runs it on a cache of its own",
  },
};

/** What `make` would run for a target, without what it depends on. */
export const commands = (target: string, environment: Readonly<Record<string, string>> = {}): string[] =>
  execFileSync("make", ["--dry-run", "--no-print-directory", "--old-file=lab", "--old-file=fuzz", target], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, ...environment },
  })
    .split("\n")
    .filter((line) => line !== "" && !/^make(\[\d+\])?:/.test(line));
