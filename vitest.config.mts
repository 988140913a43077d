import { defineConfig, type TestProjectConfiguration } from "vitest/config";

const never = ["**/node_modules/**", "lab/state/**", ".stryker-tmp/**"];

interface Suite {
  /** Its files are called `*.NAME.test.ts`. */
  readonly name: string;
  /** In seconds; for a hook that prepares, too. @default Vitest's own */
  readonly limit?: number;
  /** In seconds. @default limit */
  readonly hookLimit?: number;
  /** Whether files run side by side, one a processor; else one at a time: they share machines. @default false */
  readonly parallel?: boolean;
}

const suites: readonly Suite[] = [
  // Unit tests that put other modules in the place of real ones: each file has a process of its own.
  { name: "mocked", parallel: true },
  // The real Pulumi engine with a local state file; no lab machine is touched.
  { name: "engine", limit: 120, parallel: true },
  // The real machines of the lab.
  { name: "lab", limit: 300 },
  // The lab's machines too, for what takes minutes: by itself, so that `make test` stays below an hour.
  { name: "slow", limit: 600 },
  // Made-up inputs for ten minutes, no machine needed: FUZZ_MINUTES and FUZZ_SEED change that.
  { name: "fuzz", parallel: true },
  // PostgreSQL on two machines: by itself, for it cuts power and promotes.
  { name: "pair", limit: 300 },
  // SeaweedFS on the lab's storage, beside MinIO and in its place: `lab/objects test` switches it on first.
  { name: "store", limit: 600 },
  // Both engines of the object store as real processes; no machine needed, SeaweedFS is built once (minutes).
  { name: "objects", limit: 300, hookLimit: 1800 },
  // Measurements and alerts, which are off otherwise: `lab/observability test` switches them on first.
  { name: "observability", limit: 600 },
  // The inference gateway's real programs on loopback: `lab/inference test` gets them first.
  { name: "inference", limit: 600, hookLimit: 1200 },
  // The gateway and agents on the lab's machines, which are off otherwise: `lab/agents test` switches them on first.
  { name: "agents", limit: 600 },
  // Docker Compose's own reading of what a Mac is given, by a program that `lab/compose/test` builds first.
  { name: "compose", limit: 60, parallel: true },
  // dbt, which is no part of the lab otherwise: `lab/dbt/test` puts it on desktop first.
  { name: "dbt", limit: 300, hookLimit: 600 },
  // Workloads as a person brings them, whose image `lab/conversation test` puts onto desktop first.
  { name: "conversation", limit: 600 },
  // The three machines as one mesh, which is off otherwise: `lab/mesh test` switches it on first.
  { name: "mesh", limit: 600 },
  // Prefect and its jobs, which are off otherwise: `lab/jobs test` switches them on first.
  { name: "jobs", limit: 600 },
  // The lab's Kubernetes cluster, which is off otherwise: `lab/cluster test` switches it on first.
  { name: "cluster", limit: 600 },
  // Every target of the Makefile, begun in its shortest form: an hour or two, most of it on the lab's machines.
  { name: "targets", limit: 3600 },
];

const project = ({ name, limit, hookLimit = limit, parallel = false }: Suite): TestProjectConfiguration => ({
  test: {
    name,
    include: [`**/*.${name}.test.ts`],
    exclude: never,
    ...(limit === undefined ? {} : { testTimeout: 1000 * limit }),
    ...(hookLimit === undefined ? {} : { hookTimeout: 1000 * hookLimit }),
    fileParallelism: parallel,
  },
});

export default defineConfig({
  test: {
    // Vitest's own default leaves one processor idle, of two.
    maxWorkers: "100%",
    projects: [
      {
        // Seconds, no machine needed: sits beside what it tests.
        test: {
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: [...never, ...suites.map(({ name }) => `**/*.${name}.test.ts`)],
          // Files share a process: to load Pulumi's SDK anew for each took longer than the tests.
          isolate: false,
          // Of a computer that is busy with other things.
          testTimeout: 30_000,
        },
      },
      ...suites.map(project),
    ],
  },
});
