import { defineConfig } from "vitest/config";

/** The tests that kill mutants of the engine: quick ones, without the fuzzer and without any machine. */
export default defineConfig({
  test: {
    include: [
      "policies/docs.test.ts",
      "policies/fixtures.test.ts",
      "policies/engine/*.test.ts",
      "policies/rules/*.test.ts",
    ],
  },
});
