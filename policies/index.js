// The pack's entry.
"use strict";
require("../start.cjs");
require("./pack/pack.ts");
