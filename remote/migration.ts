import type { ConnectionArgs } from "./connection-args";
import { RemoteError } from "../packages/errors";
import { rowsOf, runScript } from "./run";

/** The dump folder of a migration on the node that it goes to. */
export interface Folder {
  readonly connection: ConnectionArgs;
  /** Of the migration: its container is `homelab-migration-NAME`. */
  readonly name: string;
  /** Absolute path on the node. */
  readonly path: string;
  readonly signal: AbortSignal;
}

/** What is there of a database's dump: `record` says that it is whole, and what the source held. */
export interface Item {
  readonly bytes: number;
  readonly whole: boolean;
}

export interface NodeFacts {
  /** Version of PostgreSQL's programs in the server's image, e.g. `18.6`. */
  readonly programs: string;
  /** Free bytes where the server keeps its data, and where the dump goes. */
  readonly dataFree: number;
  readonly folderFree: number;
  readonly memoryAvailable: number;
  readonly cores: number;
  /** Something of this migration is at work. */
  readonly running: boolean;
  readonly items: ReadonlyMap<string, Item>;
}

/** How the source is reached from the node. */
export interface DumpFrom {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly snapshot: string;
  readonly jobs: number;
}

export interface RestoreInto {
  readonly port: number;
  readonly database: string;
  /** Who restores: no superuser, because what is restored runs as it. */
  readonly user: string;
  readonly password: string;
  readonly jobs: number;
  /** For building an index, in kB. */
  readonly memoryKb: number;
  /** Schemas that the database has already. */
  readonly schemas: readonly string[];
  /** Publications that are made by somebody else. */
  readonly publications: readonly string[];
}

const days = 24 * 3600;
const base64 = (text: string) => Buffer.from(text, "utf8").toString("base64");

type Verb = "look" | "superuser" | "dump" | "keep" | "record" | "restore" | "tidy" | "forget";

async function ask(
  { connection, name, path, signal }: Folder,
  verb: Verb,
  given: Readonly<Record<string, string | number>> = {},
  heard?: (bytes: number) => void,
): Promise<string[][]> {
  const lines = Object.entries({ verb, name, folder: path, ...given }).map(
    ([key, value]) => `${key}\t${value}`,
  );
  const result = await runScript(connection, "migration", {
    stdin: `${[...lines, "end"].join("\n")}\n`,
    timeoutSeconds: heard === undefined ? 120 : days,
    signal,
    ...(heard === undefined
      ? {}
      : {
          onStdout: (text) => {
            lastBytes(text, heard);
          },
        }),
  });
  if (result.code !== 0) throw new RemoteError(`${connection.node}: ${result.stderr.trim() || verb}`);
  return rowsOf(result.stdout);
}

function lastBytes(text: string, heard: (bytes: number) => void): void {
  const found = [...text.matchAll(/^bytes\t(\d+)$/gm)].at(-1)?.[1];
  if (found !== undefined) heard(Number(found));
}

const only = (rows: readonly string[][], key: string) => rows.find(([first]) => first === key)?.[1] ?? "";

export async function lookAtNode(folder: Folder): Promise<NodeFacts> {
  const rows = await ask(folder, "look");
  const items = rows.flatMap(([kind, item = "", bytes = "0", how]) =>
    kind === "item" ? [[item, { bytes: Number(bytes), whole: how === "record" }] as const] : [],
  );
  return {
    programs: /(\d[\w.]*)/.exec(only(rows, "version"))?.[1] ?? "",
    dataFree: Number(only(rows, "data-free")),
    folderFree: Number(only(rows, "folder-free")),
    memoryAvailable: Number(only(rows, "memory")),
    cores: Number(only(rows, "cores")),
    running: only(rows, "running") !== "",
    items: new Map(items),
  };
}

/** The server's superuser password, for this process's memory only. */
export async function superuserPassword(at: Pick<Folder, "connection" | "signal">): Promise<string> {
  const rows = await ask({ ...at, name: "none", path: "/nowhere" }, "superuser");
  return Buffer.from(only(rows, "password"), "base64").toString("utf8");
}

/** pg_dump on the node. What was there of the item before goes. */
export async function dump(
  folder: Folder,
  item: string,
  from: DumpFrom,
  heard: (bytes: number) => void,
): Promise<void> {
  const { user, password, database } = from;
  const texts = { user: base64(user), password: base64(password), database: base64(database) };
  await ask(folder, "dump", { ...from, ...texts, item }, heard);
}

/** pg_restore on the node, from the item's dump. */
export async function restore(
  folder: Folder,
  item: string,
  { port, database, user, password, jobs, memoryKb, schemas, publications }: RestoreInto,
): Promise<void> {
  const given = {
    ...{ port, database, user, password: base64(password), jobs, memory: memoryKb, item },
    schemas: schemas.map(base64).join(" "),
    publications: publications.map(base64).join(" "),
  };
  await ask(folder, "restore", given, () => undefined);
}

/** Puts the record beside the dump, which counts as whole from then on. */
export async function keepRecord(folder: Folder, item: string, content: string): Promise<void> {
  await ask(folder, "keep", { item, content: base64(content) });
}

export async function readRecord(folder: Folder, item: string): Promise<string | undefined> {
  const found = only(await ask(folder, "record", { item }), "record");
  return found === "" ? undefined : Buffer.from(found, "base64").toString("utf8");
}

/** The dump goes, the record stays. */
export async function removeDump(folder: Folder, item: string): Promise<void> {
  await ask(folder, "tidy", { item });
}

/** All of the item goes. */
export async function forgetItem(folder: Folder, item: string): Promise<void> {
  await ask(folder, "forget", { item });
}
