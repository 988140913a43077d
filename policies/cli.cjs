// The command's entry: `node policies/cli.cjs check …`. The sources as one bundle: file by file, a start takes four times
// as long. It runs in a thread of its own, with bounds on time and memory: see check/bounds.cjs.
"use strict";
const { isMainThread } = require("node:worker_threads");

if (isMainThread) {
  require("./check/bounds.cjs").run(__filename, process.argv.slice(2));
} else {
  require("../packages/start/index.cjs");
  require("./cli.ts");
}
