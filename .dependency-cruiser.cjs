// Which file may import which: the rooms of rooms.cjs, entered by their doors, without a circle. `npm run check` runs it.
"use strict";
const { existsSync, readdirSync } = require("node:fs");
const { join } = require("node:path");
const { rooms } = require("./rooms.cjs");

/** Tests, and what only they use: `testing.ts` or `testing/` in a room, tests/ for more than one room. */
const test = String.raw`\.test\.ts$|(^|/)testing(/|\.ts$)|^tests/`;
const literal = (path) => path.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
/** The files of a room; a room in its folder is one of its own. */
function within({ path }) {
  if (path.endsWith(".ts")) return `^${literal(path)}$`;
  const inner = rooms
    .filter((other) => other.path.startsWith(`${path}/`))
    .map((other) => `(?!${literal(other.path.slice(path.length + 1))}/)`);
  return `^${literal(path)}/${inner.join("")}`;
}
const atHome = rooms.filter(({ aside }) => aside !== true);
const bound = atHome.filter(({ imports }) => imports !== "all");

/** Folders that have an index.ts, and so are entered by it. */
function withIndex(folder) {
  if (!existsSync(folder)) return [];
  const inner = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules" && entry.name !== "fixtures")
    .flatMap(({ name }) => withIndex(join(folder, name)));
  return existsSync(join(folder, "index.ts")) ? [folder, ...inner] : inner;
}
const indexed = atHome
  .filter(({ path }) => !path.endsWith(".ts"))
  .flatMap(({ path, lists = [] }) =>
    withIndex(path).filter((folder) => !lists.some((list) => folder === `${path}/${list}`)),
  );

const doorsOf = (folder) =>
  (rooms.find(({ path }) => path === folder)?.doors ?? []).map((door) => `^${literal(folder)}/${door}\\.ts$`);

const beside = rooms.flatMap(({ path, besides = [] }) =>
  besides.map((file) => `^${literal(`${path}/${file}`)}\\.ts$`),
);

module.exports = {
  forbidden: [
    {
      name: "no-circle",
      severity: "error",
      comment: "Files that import each other cannot be read, tested or loaded one by one.",
      from: {},
      // One that is loaded when it is needed closes no circle.
      to: { circular: true, viaOnly: { dependencyTypesNot: ["dynamic-import"] } },
    },
    ...bound.map((room) => ({
      name: `room ${room.path}`,
      severity: "error",
      comment: `${room.path} may import ${room.imports.length === 0 ? "no other room" : room.imports.join(", ")} (rooms.cjs).`,
      from: { path: within(room), pathNot: test },
      to: {
        path: rooms.map(within),
        pathNot: rooms.filter((other) => other === room || room.imports.includes(other.path)).map(within),
      },
    })),
    ...bound
      .filter(({ doors }) => doors !== undefined)
      .map((room) => ({
        name: `door ${room.path}`,
        severity: "error",
        comment: `Others enter ${room.path} by its doors (rooms.cjs).`,
        from: { path: rooms.map(within), pathNot: [within(room), test] },
        to: {
          path: within(room),
          pathNot: [
            test,
            ...room.doors.map((door) => `${within(room)}${door}\\.ts$`),
            ...indexed.map((folder) => `^${literal(folder)}/`),
          ],
        },
      })),
    ...indexed.map((folder) => ({
      name: `index ${folder}`,
      severity: "error",
      comment: `${folder} has an index.ts: it is entered by that.`,
      from: { pathNot: [`^${literal(folder)}/`, test] },
      to: {
        path: `^${literal(folder)}/`,
        pathNot: [`^${literal(folder)}/index\\.ts$`, ...doorsOf(folder), ...beside, test],
      },
    })),
    {
      name: "no-tests",
      severity: "error",
      comment: "What runs at home imports nothing that is there for tests.",
      from: { path: atHome.map(within), pathNot: test },
      to: { path: test },
    },
    {
      name: "no-pulumi",
      severity: "error",
      comment: "Only rooms that are part of a Pulumi program load Pulumi's SDK (rooms.cjs).",
      from: { path: atHome.filter(({ pulumi }) => pulumi !== true).map(within), pathNot: test },
      to: { path: "^(node_modules/)?@pulumi/" },
    },
    {
      name: "no-schema",
      severity: "error",
      comment:
        "A program loads of its resources only what tells the engine of them: schemas are imported as types.",
      from: { path: "^provider/sdk/", pathNot: test },
      to: { pathNot: ["^provider/sdk/", "^(node_modules/)?@pulumi/"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-room",
      severity: "error",
      comment: "Each source file is in a room of rooms.cjs.",
      from: { path: String.raw`\.ts$`, pathNot: rooms.map(within) },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: ["^lab/state/", "^tests/typing/"] },
    // Types count: who only needs a type of another room knows that room.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { extensions: [".ts", ".mts", ".cjs", ".js"] },
  },
};
