import { defineConfig } from "vitest/config";

const never = ["**/node_modules/**", "lab/state/**", ".stryker-tmp/**"];

export default defineConfig({
  test: {
    projects: [
      {
        // Seconds, no machine needed: sits beside what it tests.
        test: {
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: [
            ...never,
            ...[
              "lab",
              "engine",
              "cluster",
              "pair",
              "slow",
              "fuzz",
              "observability",
              "mesh",
              "jobs",
              "dbt",
              "compose",
              "inference",
              "objects",
            ].map((suite) => `**/*.${suite}.test.ts`),
          ],
          // Of a computer that is busy with other things.
          testTimeout: 30_000,
        },
      },
      {
        // The real Pulumi engine with a local state file; no lab machine is touched.
        test: {
          name: "engine",
          include: ["**/*.engine.test.ts"],
          exclude: never,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        // The real machines of the lab, one file at a time: they share the machines.
        test: {
          name: "lab",
          include: ["**/*.lab.test.ts"],
          exclude: never,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        // The lab's machines too, for what takes minutes: by itself, so that `make test` stays below an hour.
        test: {
          name: "slow",
          include: ["**/*.slow.test.ts"],
          exclude: never,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        // Made-up inputs for ten minutes, no machine needed: FUZZ_MINUTES and FUZZ_SEED change that.
        test: { name: "fuzz", include: ["**/*.fuzz.test.ts"], exclude: never },
      },
      {
        // PostgreSQL on two machines: by itself, for it cuts power and promotes.
        test: {
          name: "pair",
          include: ["**/*.pair.test.ts"],
          exclude: never,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        // Both engines of the object store as real processes; no machine needed, SeaweedFS is built once (minutes).
        test: {
          name: "objects",
          include: ["**/*.objects.test.ts"],
          exclude: never,
          testTimeout: 300_000,
          hookTimeout: 1_800_000,
          fileParallelism: false,
        },
      },
      {
        // Measurements and alerts, which are off otherwise: `lab/observability test` switches them on first.
        test: {
          name: "observability",
          include: ["**/*.observability.test.ts"],
          exclude: never,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        // The inference gateway's real programs on loopback: `lab/inference test` gets them first.
        test: {
          name: "inference",
          include: ["**/*.inference.test.ts"],
          exclude: never,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        // Docker Compose's own reading of what a Mac is given, by a program that `lab/compose/test` builds first.
        test: { name: "compose", include: ["**/*.compose.test.ts"], exclude: never, testTimeout: 60_000 },
      },
      {
        // dbt, which is no part of the lab otherwise: `lab/dbt/test` puts it on desktop first.
        test: {
          name: "dbt",
          include: ["**/*.dbt.test.ts"],
          exclude: never,
          testTimeout: 300_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        // The three machines as one mesh, which is off otherwise: `lab/mesh test` switches it on first.
        test: {
          name: "mesh",
          include: ["**/*.mesh.test.ts"],
          exclude: never,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        // Prefect and its jobs, which are off otherwise: `lab/jobs test` switches them on first.
        test: {
          name: "jobs",
          include: ["**/*.jobs.test.ts"],
          exclude: never,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        // The lab's Kubernetes cluster, which is off otherwise: `lab/cluster test` switches it on first.
        test: {
          name: "cluster",
          include: ["**/*.cluster.test.ts"],
          exclude: never,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
