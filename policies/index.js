// The pack's entry.
"use strict";
require("../packages/start/index.cjs");
require("./pack/pack.ts");
