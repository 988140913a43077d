/**
 * Mutation testing of the placement engine: `npx stryker run` (the better part of an hour on two busy cores).
 *
 * Sentences for people are left alone: a test that compares whole sentences would only repeat them. What the
 * rules decide, and the tables they decide by, is mutated.
 */
export default {
  testRunner: "vitest",
  vitest: { configFile: "policies/vitest.mutation.config.ts" },
  mutate: ["policies/engine/**/*.ts", "policies/rules/**/*.ts", "!policies/**/*.test.ts", "!policies/rules/index.ts"],
  mutator: { excludedMutations: ["StringLiteral"] },
  ignorePatterns: ["lab", "plugins", "bench", "docs", "remote", "provider", "components", "tests", "reports", ".ci", "drills"],
  concurrency: 2,
  coverageAnalysis: "perTest",
  ignoreStatic: true,
  incremental: false,
  timeoutMS: 20000,
  reporters: ["clear-text", "html", "json", "progress-append-only"],
  clearTextReporter: { allowColor: false, reportTests: false },
  thresholds: { high: 95, low: 90, break: 90 },
  tempDirName: ".stryker-tmp",
};
