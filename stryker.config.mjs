/**
 * Mutation testing of the placement engine: `npx stryker run` (a quarter of an hour on two idle cores; a part by --mutate).
 *
 * Left alone: words in quotes (sentences for people; fixtures.said.txt holds them anyway) and policies/engine/tables,
 * which hold names of products and no logic: a test for each name would only repeat the table.
 */
export default {
  testRunner: "vitest",
  vitest: { configFile: "policies/vitest.mutation.config.ts" },
  mutate: [
    "policies/engine/**/*.ts",
    "policies/rules/**/*.ts",
    "!policies/**/*.test.ts",
    "!policies/rules/index.ts",
    "!policies/engine/tables/**",
  ],
  mutator: { excludedMutations: ["StringLiteral"] },
  ignorePatterns: ["lab", "packages/plugins", "remote", "provider", "components", "tests", "reports", ".ci"],
  concurrency: 2,
  coverageAnalysis: "perTest",
  ignoreStatic: true,
  incremental: false,
  timeoutMS: 30000,
  reporters: ["clear-text", "html", "json", "progress-append-only"],
  clearTextReporter: { allowColor: false, reportTests: false },
  thresholds: { high: 95, low: 90, break: 90 },
  tempDirName: ".stryker-tmp",
};
