import { defineConfig } from "vitest/config";

/** The tests that kill mutants of the engine: what is said of all fixtures in one test, not each by itself. */
export default defineConfig({
  test: {
    // Nothing in them is shared or changed, so they need no worlds of their own, which take longer than the tests.
    isolate: false,
    fileParallelism: false,
    include: [
      "policies/docs.test.ts",
      "policies/said.test.ts",
      "policies/engine/*.test.ts",
      "policies/rules/*.test.ts",
    ],
  },
});
