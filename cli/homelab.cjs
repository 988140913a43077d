#!/usr/bin/env node
// The command `homelab`: the sources as one bundle, made when one of them has changed.
"use strict";
try {
  require("../packages/start/index.cjs");
  require("./main.ts");
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
