// The command's entry: `node policies/cli.cjs check …`. The sources as one bundle: file by file, a start takes four times as long.
"use strict";
require("../start/index.cjs");
require("./cli.ts");
