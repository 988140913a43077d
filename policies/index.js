// The pack's entry. tsx takes the TypeScript from here on: Pulumi's own loader would check all types at every run.
"use strict";
const { dirname } = require("node:path");

// Pulumi's SDK loads npm's resolver for closures, which no policy serialises. It is a third of a pack's start.
try {
  const resolver = require.resolve("@npmcli/arborist", {
    paths: [dirname(require.resolve("@pulumi/pulumi"))],
  });
  require.cache[resolver] ??= {
    id: resolver,
    filename: resolver,
    loaded: true,
    exports: {},
    children: [],
    paths: [],
  };
} catch {
  // Another version of the SDK does without.
}

require("tsx/cjs");
require("./pack/pack.ts");
