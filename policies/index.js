// The pack's entry.
"use strict";
require("../start/index.cjs");
require("./pack/pack.ts");
