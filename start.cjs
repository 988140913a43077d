// What every Node.js process of this project begins with: the program, its provider, the policy pack.
"use strict";
const Module = require("node:module");

// tsx takes the TypeScript as it is; types are checked by `npm test`, not again at each run.
require("tsx/cjs");

// Pulumi's SDK loads these two as it starts, for functions that are kept in the state (dynamic providers). Here are
// none, and they are half of the start. So they are loaded when they are first asked for something.
const seldom = new Set(["typescript", "@npmcli/arborist"]);

Module.enableCompileCache?.();
const load = Module._load;
Module._load = function (request, parent, isMain) {
  if (!seldom.has(request)) return load.call(this, request, parent, isMain);
  let module;
  const loaded = () => (module ??= load.call(Module, request, parent, isMain));
  // To the SDK's own import helper it is an ES module, which it takes as it is.
  return new Proxy({}, { get: (_, key) => (key === "__esModule" ? true : loaded()[key]) });
};
