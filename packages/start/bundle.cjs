// bundle.cjs ENTRY with-host|alone RECORD: makes one file of ENTRY and all that it imports, and writes down in RECORD what
// it was made of. Two that run at once do each other no harm.
"use strict";
const { createHash } = require("node:crypto");
const {
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require("node:fs");
const { basename, dirname, join, relative } = require("node:path");
const { build } = require("esbuild");

const project = dirname(dirname(__dirname));
const [entry, packages, record] = process.argv.slice(2);
const hash = (content) => createHash("sha256").update(content).digest("hex");

/** A source finds the files beside it by its own folder, not by the bundle's. */
const folders = {
  name: "folders",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const contents = readFileSync(path, "utf8");
      const folder = contents.includes("__dirname")
        ? `const __dirname = ${JSON.stringify(dirname(path))};`
        : "";
      return { contents: folder + contents, loader: "ts" };
    });
  },
};

function replace(file, content) {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, content);
  renameSync(temporary, file);
}

async function main() {
  const { metafile, outputFiles } = await build({
    ...{ entryPoints: [entry], absWorkingDir: project, bundle: true, write: false, metafile: true },
    ...{ platform: "node", target: `node${process.versions.node}` },
    // Without a source map: see ./index.cjs. A line `// nodes/storage.ts` stands above what comes from there.
    // What is native or optional stays where it is.
    external: [
      ...(packages === "with-host" ? ["@pulumi/pulumi", "@pulumi/policy"] : []),
      ...["cpu-features", "pg-native", "*.node"],
    ],
    plugins: [folders],
    logLevel: "silent",
  });
  const [{ contents }] = outputFiles;
  const name = basename(record, ".json");
  const code = `${name}.${hash(contents).slice(0, 16)}.cjs`;
  const own = Object.keys(metafile.inputs).filter((file) => !file.includes("node_modules/"));
  const sources = Object.fromEntries(
    ["package-lock.json", relative(project, __filename), ...own].map((file) => [
      file,
      hash(readFileSync(join(project, file))),
    ]),
  );
  const cache = dirname(record);
  mkdirSync(cache, { recursive: true });
  replace(join(cache, code), contents);
  replace(record, JSON.stringify({ code, project, sources }));
  // Those of an hour ago are read by nobody any more.
  for (const file of readdirSync(cache).filter(
    (file) => file.startsWith(`${name}.`) && file.endsWith(".cjs"),
  ))
    if (file !== code && Date.now() - statSync(join(cache, file)).mtimeMs > 3_600_000)
      rmSync(join(cache, file));
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
