/**
 * Mutation testing of the placement engine: `npx stryker run` (a quarter of an hour on two cores).
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
  reporters: ["clear-text", "html", "json"],
  clearTextReporter: { allowColor: false, reportTests: false },
  thresholds: { high: 95, low: 90, break: 90 },
  tempDirName: ".stryker-tmp",
};
