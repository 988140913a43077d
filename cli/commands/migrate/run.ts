import { setMaxListeners } from "node:events";
import { within } from "../../../packages/migration/access";
import { differences, type Compared } from "../../../packages/migration/compare";
import { fingerprint } from "../../../packages/migration/fingerprint";
import { Different, readRecord, verified, writtenSince, type Say } from "../../../packages/migration/move";
import { itemName, migrationName, parsePair, usualWorkDirectory } from "../../../packages/migration/names";
import { prepare, type Prepared, type Request } from "../../../packages/migration/prepare";
import { comparedTable, duration, movedTable, planTable, whatNow } from "../../../packages/migration/report";
import { runMigration } from "../../../packages/migration/run";
import { clientsOf, takeSnapshot } from "../../../packages/migration/snapshot";
import { lock } from "../../../packages/migration/target";
import { parseSource, sourcePassword } from "../../../packages/migration/source";
import { requireAlwaysOn } from "../../../topology";
import { complain, withNodes, print, type NodeAccess } from "../nodes";
import type { MigrateOptions, Verb } from "./options";

/** Carries a verb out. @returns the exit code */
export function migrate(verb: Verb, options: MigrateOptions): Promise<number> {
  return withNodes(options, (nodes) => carryOut(verb, options, nodes));
}

async function carryOut(verb: Verb, options: MigrateOptions, nodes: NodeAccess): Promise<number> {
  const stop = new AbortController();
  // Each of a run's connections listens.
  setMaxListeners(100, stop.signal);
  process.once("SIGINT", () => {
    stop.abort();
  });
  process.once("SIGTERM", () => {
    stop.abort();
  });
  const request = await requestOf(options, nodes, stop.signal);
  const prepared = await prepare(request);
  switch (verb) {
    case "plan":
      return showPlan(prepared);
    case "status":
      print(planTable(prepared.plan));
      print(prepared.machine.running ? "\nA dump or a restore is at work." : "\nNothing is at work.");
      return prepared.plan.databases.every(({ stage }) => stage === "moved") ? 0 : 1;
    case "run":
      return run(request, prepared, options.readOnlySource === true);
    case "verify":
      return verify(request, prepared, options.recorded === true);
  }
}

async function requestOf(
  options: MigrateOptions,
  { topology, connection }: NodeAccess,
  signal: AbortSignal,
): Promise<Request> {
  requireAlwaysOn(topology.nodes.storage, "PostgresNode");
  const source = parseSource(options.source);
  if (!migrationName.test(options.name))
    throw new Error(
      `--name is ${JSON.stringify(options.name)}: use up to 32 small letters, digits and dashes.`,
    );
  const workDirectory = options.workDirectory ?? usualWorkDirectory;
  if (!/^\/[A-Za-z0-9._/-]+$/.test(workDirectory) || workDirectory.includes(".."))
    throw new Error("--work-directory must be an absolute path of plain characters.");
  return {
    name: options.name,
    source: { ...source, password: await sourcePassword(options.passwordFile, process.env) },
    via: options.via === undefined ? undefined : connection(options.via),
    target: { connection: connection("storage"), port: options.port },
    databases: options.database.map(parsePair),
    owners: Object.fromEntries(options.owner.map((text) => [parsePair(text).from, parsePair(text).to])),
    jobs: options.jobs,
    workDirectory,
    signal,
  };
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
  else print("\nNothing is missing: npx homelab migrate run … moves it.");
  return plan.missing.length > 0 ? 1 : 0;
}

/** Lines for people: what is under way on one line of a terminal, or every ten seconds elsewhere. */
function logger(): Say {
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
    const moved = await runMigration(request, prepared, logger(), readOnlySource);
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
    complain(`${error.message} Run it again: it starts over with this one.`);
    return 1;
  }
}

/** Nobody else is at work on the migration meanwhile: its role is one. */
function verify(request: Request, prepared: Prepared, recorded: boolean): Promise<number> {
  return within(prepared.target, "postgres", async (session) => {
    await lock(session, request.name, prepared.found.node);
    return verifyAll(request, prepared, recorded);
  });
}

async function verifyAll(request: Request, prepared: Prepared, recorded: boolean): Promise<number> {
  const { plan, source, target, folder } = prepared;
  const say = logger();
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
        return { fingerprint: await fingerprint(snapshot.sessions, { guard: snapshot.guard }) };
      } finally {
        await snapshot.close();
      }
    };
    const migration = { name: request.name, target, jobs: plan.jobs, say };
    const compared = await verified(migration, database, database.to, await held());
    results.push({ database: database.to, compared });
  }
  print(comparedTable(results));
  return results.some(({ compared }) => differences(compared).length > 0) ? 1 : 0;
}
