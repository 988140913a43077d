import { setMaxListeners } from "node:events";
import { parseArgs } from "node:util";
import { differences, type Compared } from "../../packages/migration/compare";
import { fingerprint } from "../../packages/migration/fingerprint";
import { Different, readRecord, verified, writtenSince, type Say } from "../../packages/migration/move";
import { itemName, migrationName, parsePair, usualWorkDirectory } from "../../packages/migration/names";
import { prepare, type Prepared, type Request } from "../../packages/migration/prepare";
import { comparedTable, duration, movedTable, planTable, whatNow } from "../../packages/migration/report";
import { runMigration } from "../../packages/migration/run";
import { clientsOf, takeSnapshot } from "../../packages/migration/snapshot";
import { parseSource, sourcePassword } from "../../packages/migration/source";
import { identity } from "../../settings";
import { connectionOf, loadTopology, nodeNames, requireAlwaysOn, type Node } from "../../topology";
import { houseOptions, runCommand } from "./command";

/** `npm run migrate -- plan|run|verify|status`: databases of any PostgreSQL (14 or later) to storage's. */
const usage = `npm run --silent migrate -- VERB --source DSN [OPTION…]

  plan     what would be moved, what is missing first, what to know; nothing is changed
  run      moves what is not moved yet; may be stopped anywhere and run again
  verify   compares source and target as they are now
  status   how far each database is

  --source postgresql://USER@HOST:PORT[/DATABASE]   as storage reaches it, or the node named by --via
  --via NODE              reaches the source through SSH on this node (HOST is then as that node sees it)
  --password-file FILE    the source's password; else HOMELAB_SOURCE_PASSWORD, else it is asked for
  --database FROM[=TO]    a database, and its name on storage; may be repeated (default: all)
  --owner FROM=TO         who owns on storage what FROM owns in the source; may be repeated
  --name NAME             tells two migrations apart (default: main)
  --jobs N                how many at once (default: the node's cores, 4 at most)
  --work-directory DIR    on storage, for the dump (default: ${usualWorkDirectory})
  --read-only-source      run: keeps writers out of the source while it runs
  --recorded              verify: against what the source held when it was dumped, without the source's data
  --port N                PostgreSQL's on storage (default: 5432)
  --topology FILE, --identity KEY   as for the other commands`;

const verbs = ["plan", "run", "verify", "status"] as const;
const options = {
  source: { type: "string" },
  via: { type: "string" },
  "password-file": { type: "string" },
  database: { type: "string", multiple: true, default: [] as string[] },
  owner: { type: "string", multiple: true, default: [] as string[] },
  name: { type: "string", default: "main" },
  jobs: { type: "string" },
  "work-directory": { type: "string", default: usualWorkDirectory },
  "read-only-source": { type: "boolean", default: false },
  recorded: { type: "boolean", default: false },
  port: { type: "string", default: "5432" },
  ...houseOptions,
} as const;

const given = () => parseArgs({ allowPositionals: true, options });
type Values = ReturnType<typeof given>["values"];

const print = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const { values, positionals } = given();
  const verb = verbs.find((known) => known === positionals[0]);
  if (verb === undefined || positionals.length !== 1 || values.source === undefined) {
    process.stderr.write(`${usage}\n`);
    return 2;
  }
  const stop = new AbortController();
  // Each of a run's connections listens.
  setMaxListeners(100, stop.signal);
  process.once("SIGINT", () => {
    stop.abort();
  });
  process.once("SIGTERM", () => {
    stop.abort();
  });
  const request = await requestOf(values, stop.signal);
  const prepared = await prepare(request);
  switch (verb) {
    case "plan":
      return showPlan(prepared);
    case "status":
      print(planTable(prepared.plan));
      print(prepared.machine.running ? "\nA dump or a restore is at work." : "\nNothing is at work.");
      return prepared.plan.databases.every(({ stage }) => stage === "moved") ? 0 : 1;
    case "run":
      return run(request, prepared, values["read-only-source"]);
    case "verify":
      return verify(request, prepared, values.recorded);
  }
}

async function requestOf(values: Values, signal: AbortSignal): Promise<Request> {
  const topology = loadTopology(values.topology);
  const key = identity(values.identity);
  const target = requireAlwaysOn(topology.nodes.storage, "PostgresNode");
  const source = parseSource(values.source ?? "");
  if (!migrationName.test(values.name))
    throw new Error(
      `--name is ${JSON.stringify(values.name)}: use up to 32 small letters, digits and dashes.`,
    );
  if (!/^\/[A-Za-z0-9._/-]+$/.test(values["work-directory"]) || values["work-directory"].includes(".."))
    throw new Error("--work-directory must be an absolute path of plain characters.");
  return {
    name: values.name,
    source: { ...source, password: await sourcePassword(values["password-file"], process.env) },
    via: values.via === undefined ? undefined : connectionOf(nodeNamed(values.via, topology.nodes), key),
    target: { connection: connectionOf(target, key), port: whole("--port", values.port, 65_535) },
    databases: values.database.map(parsePair),
    owners: Object.fromEntries(values.owner.map((text) => [parsePair(text).from, parsePair(text).to])),
    jobs: values.jobs === undefined ? undefined : whole("--jobs", values.jobs, 32),
    workDirectory: values["work-directory"],
    signal,
  };
}

function nodeNamed(name: string, nodes: Readonly<Record<string, Node>>): Node {
  const node = nodes[name];
  if (node === undefined)
    throw new Error(`--via is ${JSON.stringify(name)}: it must be one of ${nodeNames.join(", ")}.`);
  return node;
}

function whole(option: string, text: string, most: number): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > most)
    throw new Error(`${option} is ${JSON.stringify(text)}: it must be a whole number from 1 to ${most}.`);
  return number;
}

function showPlan({ plan, found, machine }: Prepared): number {
  print(planTable(plan));
  print(
    `\nFrom PostgreSQL ${found.source.version} to ${found.target.version} on ${found.node}, ${plan.jobs} at once; about ${duration(plan.seconds)}. ` +
      `Free there: ${(machine.dataFree / 1024 ** 3).toFixed(1)} GB.`,
  );
  if (plan.notes.length > 0) print(`\nTo know\n${plan.notes.map((note) => `- ${note}`).join("\n")}`);
  if (plan.missing.length > 0)
    print(`\nMissing\n${plan.missing.map((sentence) => `- ${sentence}`).join("\n")}`);
  else print("\nNothing is missing: npm run migrate -- run … moves it.");
  return plan.missing.length > 0 ? 1 : 0;
}

/** Lines for people: what is under way on one line of a terminal, or every ten seconds elsewhere. */
function voice(): Say {
  const terminal = process.stderr.isTTY;
  let last = Date.now();
  const began = Date.now();
  const stamp = () => `${String(Math.floor((Date.now() - began) / 1000)).padStart(4)} s  `;
  return {
    done: (text, seconds) => {
      process.stderr.write(`${terminal ? "\r\u001b[K" : ""}${stamp()}${text} (${seconds.toFixed(1)} s)\n`);
    },
    progress: (text) => {
      if (terminal) process.stderr.write(`\r\u001b[K${stamp()}… ${text}`);
      else if (Date.now() - last > 10_000) {
        last = Date.now();
        process.stderr.write(`${stamp()}… ${text}\n`);
      }
    },
  };
}

async function run(request: Request, prepared: Prepared, readOnlySource: boolean): Promise<number> {
  const { plan, source } = prepared;
  if (plan.missing.length > 0) return showPlan(prepared);
  try {
    const moved = await runMigration(request, prepared, voice(), readOnlySource);
    if (moved.length > 0) {
      print(comparedTable(moved.map(({ database, compared }) => ({ database: database.to, compared }))));
      print(`\n${movedTable(moved)}`);
    }
    const clients = await clientsOf(
      source,
      plan.databases.map(({ from }) => from),
    );
    const { host, node } = request.target.connection;
    const written = await writtenSince(source, moved);
    print(`\n${whatNow(plan, { host, node, port: request.target.port }, clients, written)}`);
    return 0;
  } catch (error) {
    if (!(error instanceof Different)) throw error;
    print(comparedTable([{ database: error.database, compared: error.compared }]));
    process.stderr.write(`${error.message} Run it again: it begins anew with this one.\n`);
    return 1;
  }
}

async function verify(request: Request, prepared: Prepared, recorded: boolean): Promise<number> {
  const { plan, source, target, folder } = prepared;
  const say = voice();
  const results: { database: string; compared: readonly Compared[] }[] = [];
  for (const database of plan.databases) {
    if (database.owner === "")
      throw new Error(`There is no database ${database.to} on ${request.target.connection.node}.`);
    const held = async () => {
      if (recorded) {
        const record = await readRecord(folder, itemName(database));
        if (record !== undefined) return record;
        throw new Error(`There is no record of ${database.from} in ${folder.path}: leave --recorded out.`);
      }
      const snapshot = await takeSnapshot(source, database.from, Math.min(2, plan.jobs));
      try {
        return { fingerprint: await fingerprint(snapshot.sessions) };
      } finally {
        await snapshot.close();
      }
    };
    const compared = await verified({ target, jobs: plan.jobs, say }, database, database.to, await held());
    results.push({ database: database.to, compared });
  }
  print(comparedTable(results));
  return results.some(({ compared }) => differences(compared).length > 0) ? 1 : 0;
}

runCommand(main);
