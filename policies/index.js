// The pack's entry. tsx takes the TypeScript from here on: Pulumi's own loader would check all types at every run.
"use strict";
require("tsx/cjs");
require("./pack/pack.ts");
