/**
 * The rooms of this program, from the bottom up: what is in each, and which of the others its files may import. What holds
 * is checked by `npm run check` (.dependency-cruiser.cjs); docs/architecture.md shows it as a table.
 *
 * @typedef Room
 * @property {string} path its folder
 * @property {string} holds what is in it, in Markdown as docs/architecture.md has it
 * @property {readonly string[] | "all"} imports paths of rooms
 * @property {readonly string[]} [doors] patterns below its folder that others may import, beside an index.ts if there is one
 * @property {readonly string[]} [besides] files of folders in it that may be imported beside their index.ts
 * @property {readonly string[]} [lists] folders in it whose index.ts is no door
 * @property {boolean} [pulumi] whether Pulumi's SDK may be imported
 * @property {boolean} [aside] whether no node ever runs what is in it, so that it may use what is there for tests
 */

/** @type {readonly Room[]} */
const rooms = [
  { path: "packages/errors", holds: "errors as people read them", imports: [] },
  {
    path: "packages/quadlet",
    holds: "typed units ↔ text, so that no value ends up as another line",
    imports: [],
  },
  {
    path: "packages/start",
    holds: "how Pulumi's processes load the TypeScript: one bundle each, made when a source changed",
    imports: [],
  },
  { path: "cli/terminal", holds: "tables, and questions to the person at the terminal", imports: [] },
  {
    path: "remote",
    holds: "SSH: connection, the scripts that run on the node, what they answer",
    imports: ["packages/errors"],
    doors: ["[^/]+", "unit/(spec|unit)"],
  },
  {
    path: "topology",
    holds: "the three nodes: schema, loading, types",
    imports: ["packages/errors", "remote"],
    // Loads nothing: help and completion are quick.
    doors: ["names"],
  },
  {
    path: "packages/postgres",
    holds: "PostgreSQL through SSH: sessions, errors, quoting, changes until nothing differs",
    imports: ["packages/errors", "remote"],
  },
  {
    path: "packages/migration",
    holds: "moving databases to storage: plan, dump, restore, verification",
    imports: ["packages/errors", "packages/postgres", "cli/terminal", "remote"],
  },
  {
    path: "packages/search",
    holds: "storing texts, finding them by their meaning, the derived copy: [search.md](search.md)",
    imports: ["packages/errors", "packages/postgres", "cli/terminal"],
  },
  {
    path: "packages/s3",
    holds: "signed S3 requests",
    imports: [],
  },
  {
    path: "packages/objects",
    holds: "moving objects between two S3 stores: plan, copy, comparison",
    imports: ["packages/s3"],
  },
  {
    path: "services",
    holds: "what each service is, once: settings, images, ports, what it keeps; the rest derives from that",
    imports: ["packages/quadlet", "topology"],
    // The forms of values, alone.
    doors: ["fields"],
  },
  {
    path: "packages/jobs",
    holds: "crontabs and timers as jobs.yaml, and when cron begins them: [jobs.md](jobs.md)",
    imports: ["packages/errors", "packages/quadlet", "services", "topology"],
  },
  {
    path: "settings",
    holds: "the `homelab:` keys: loading, what fits a node",
    imports: ["packages/errors", "packages/migration", "packages/quadlet", "services", "topology"],
  },
  {
    path: "provider",
    holds: "this project's own Pulumi provider: what a resource is, how it differs from the machine",
    imports: [
      "packages/errors",
      "packages/migration",
      "packages/postgres",
      "packages/s3",
      "packages/start",
      "remote",
    ],
    doors: ["sdk/[^/]+"],
    pulumi: true,
  },
  {
    path: "policies",
    holds: "the placement rule: facts, rules, readers, pack, guard, check command",
    imports: ["packages/errors", "packages/quadlet", "packages/start", "remote", "settings", "topology"],
    doors: ["audit/(audit|report|verdict)", "watch/topology"],
    pulumi: true,
  },
  {
    path: "power",
    holds: "waking and putting to sleep: what is asked of which machine, in which order",
    imports: ["packages/errors", "cli/terminal", "policies", "remote", "topology"],
  },
  {
    path: "components",
    holds: "a folder a component: render functions, resources, tests",
    // The form of an alert: its users are what the index gathers, and would close a circle with it.
    besides: ["observability-stack/rule"],
    imports: [
      "packages/jobs",
      "packages/migration",
      "packages/quadlet",
      "policies",
      "power",
      "provider",
      "remote",
      "services",
      "settings",
      "topology",
    ],
    pulumi: true,
  },
  {
    path: "nodes",
    holds: "a page a node: what runs there, with its ports",
    imports: [
      "packages/errors",
      "packages/jobs",
      "components",
      "policies",
      "remote",
      "services",
      "settings",
      "topology",
    ],
    pulumi: true,
  },
  { path: "index.ts", holds: "which node is this stack?", imports: ["nodes"], pulumi: true },
  {
    path: "cli",
    holds:
      "the command `homelab`: a file a command in commands/, in program/ the tree of them with help and completion",
    imports: "all",
    // Its index.ts is the list of all commands.
    lists: ["commands"],
    pulumi: true,
  },

  {
    path: "packages/plugins",
    holds: "the pinned toolchain, and stand-ins where official plugins cannot be downloaded",
    imports: [],
  },
  {
    path: "lab",
    holds: "three machines on one computer, their drills and measurements",
    imports: "all",
    aside: true,
  },
  { path: "examples", holds: "other houses to begin with", imports: "all", aside: true },
  {
    path: "tests",
    holds: "tests of the whole, and the helpers of more than one room's tests",
    imports: "all",
    aside: true,
  },
];

module.exports = { rooms };
