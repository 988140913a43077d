// What each process that Pulumi starts begins with: the program, its provider, the policy pack. Loads TypeScript as
// one bundle, made when a source has changed: file by file, and with the packages that they need, a start takes three
// times as long. Types are checked by `npm test`, not again at each run.
"use strict";
const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const { existsSync, readFileSync } = require("node:fs");
const Module = require("node:module");
const { dirname, join, relative } = require("node:path");

const project = dirname(dirname(__dirname));
const cache = join(project, "node_modules", ".cache", "homelab");

// From Node.js 22 on, compiled code is kept too.
Module.enableCompileCache?.();

// Pulumi's SDK loads these as it starts, and they are most of that: what keeps functions in the state (for dynamic
// providers, of which there are none here), what reads a source map for every resource to say where in the sources it
// stands, and what drives Pulumi from a program. So they are loaded when they are first asked for something.
const seldom = new Set([
  ...["typescript", "@npmcli/arborist", "normalize-package-data"],
  ...["source-map-support/register", "./automation"],
]);
const load = Module._load;
Module._load = function (request, parent, isMain) {
  if (!seldom.has(request) || !parent?.filename?.includes("/@pulumi/pulumi/"))
    return load.call(this, request, parent, isMain);
  let module;
  const loaded = () => (module ??= load.call(Module, request, parent, isMain));
  // To the SDK's own import helpers it is an ES module, which they take as it is.
  const get = (_, key) =>
    key === "__esModule" ? true : (loaded()[key] ?? (key === "default" ? loaded() : undefined));
  return new Proxy({}, { get });
};

/** A process that Pulumi's SDK has started holds the SDK's state; a second copy in the bundle would not know it. */
const sdkIsHere = () => Object.keys(require.cache).some((file) => file.includes("/@pulumi/pulumi/"));

/** Whether the bundle is there, and was made of the sources as they are now, here: it has their folders in it. */
function current({ code, project: madeIn, sources }) {
  if (madeIn !== project || !existsSync(join(cache, code))) return false;
  return Object.entries(sources).every(
    ([file, hash]) =>
      existsSync(join(project, file)) &&
      createHash("sha256")
        .update(readFileSync(join(project, file)))
        .digest("hex") === hash,
  );
}

function bundleOf(entry) {
  const packages = sdkIsHere() ? "with-host" : "alone";
  const name = `${relative(project, entry).replaceAll("/", "-")}.${packages}`;
  const record = join(cache, `${name}.json`);
  const read = () => (existsSync(record) ? JSON.parse(readFileSync(record, "utf8")) : undefined);
  const known = read();
  if (known !== undefined && current(known)) return join(cache, known.code);
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(__dirname, "bundle.cjs"), entry, packages, record],
    {
      encoding: "utf8",
    },
  );
  if (status !== 0) throw new Error(`${relative(project, entry)} cannot be loaded:\n${stderr}`);
  return join(cache, read().code);
}

Module._extensions[".ts"] = (module, file) => {
  const bundle = bundleOf(file);
  module._compile(readFileSync(bundle, "utf8"), bundle);
};
