import { z } from "zod";
import type { Session } from "../postgres/session";
import {
  largeObjectsQuery,
  ownersQuery,
  rowsQuery,
  sequencesQuery,
  sequenceValuesQuery,
  shapesQuery,
  tablesQuery,
} from "./fingerprint-sql";
import type { Guard } from "./trapped";

/** Where a sequence stands. */
const sequenceSchema = z.object({ value: z.string(), called: z.boolean(), shape: z.string() });
const tableSchema = z.object({ rows: z.string(), hash: z.string() });

/** What a database holds, as texts to be compared. */
export const fingerprintSchema = z.object({
  version: z.string(),
  tables: z.record(z.string(), tableSchema),
  sequences: z.record(z.string(), sequenceSchema),
  /** By oid: bytes and hash. */
  largeObjects: z.record(z.string(), z.string()),
  /** By kind and name. */
  shapes: z.record(z.string(), z.string()),
  owners: z.record(z.string(), z.string()),
});

export type Fingerprint = z.infer<typeof fingerprintSchema>;
export type Sequences = Fingerprint["sequences"];

/** Is told how many bytes of tables have been read. */
export type Progress = (doneBytes: number, ofBytes: number) => void;

const named = z.object({ schema: z.string(), name: z.string(), said: z.string() });
const tableRow = named.extend({ bytes: z.string(), columns: z.array(z.string()) });
const sequenceRow = named.extend({ shape: z.string() });
const many = 500;

/** @param reader who asks where they stand, when that is another */
export async function readSequences(catalogue: Session, reader: Session = catalogue): Promise<Sequences> {
  const found = await catalogue.rows(sequenceRow, sequencesQuery);
  const read: [string, z.infer<typeof sequenceSchema>][] = [];
  for (let begin = 0; begin < found.length; begin += many) {
    const some = found.slice(begin, begin + many);
    const stands = await reader.rows(
      z.object({ index: z.number(), value: z.string(), called: z.boolean() }),
      sequenceValuesQuery(some),
    );
    for (const { index, value, called } of stands) {
      const sequence = some[index];
      if (sequence !== undefined) read.push([sequence.said, { value, called, shape: sequence.shape }]);
    }
  }
  return Object.fromEntries(read);
}

export interface Reading {
  readonly progress?: Progress;
  /**
   * Who asks what is in tables and sequences, where that is not who reads the catalogue: planning a query of a table runs
   * code of its owner's. @default `sessions`
   */
  readonly readers?: readonly Session[];
  readonly guard?: Guard | undefined;
}

/**
 * Reads a database as a whole.
 * @param sessions one or more in the same database and, where that matters, with the same snapshot; tables are shared
 *   out among them.
 */
export async function fingerprint(
  sessions: readonly Session[],
  { progress, readers = sessions, guard }: Reading = {},
): Promise<Fingerprint> {
  const [first] = sessions;
  const [reader, ...more] = readers;
  if (reader === undefined) throw new Error("A fingerprint needs a reader.");
  if (first === undefined) throw new Error("A fingerprint needs a session.");
  const [about] = await first.rows(
    z.object({ version: z.string(), encoding: z.string() }),
    "SELECT current_setting('server_version') AS version, current_setting('server_encoding') AS encoding",
  );
  const tables = await first.rows(tableRow, tablesQuery);
  const sequences = await readSequences(first, reader);
  const shapes = await first.rows(
    z.object({ kind: z.string(), name: z.string(), shape: z.string() }),
    shapesQuery,
  );
  const owners = await first.rows(z.object({ object: z.string(), owner: z.string() }), ownersQuery);
  const all = tables.reduce((sum, table) => sum + Number(table.bytes), 0);
  let done = 0;
  const read: [string, z.infer<typeof tableSchema>][] = [];
  const waiting = [...tables];
  const work = async (session: Session) => {
    for (let table = waiting.shift(); table !== undefined; table = waiting.shift()) {
      const ask = () => session.rows(tableSchema, rowsQuery(table, about?.encoding === "UTF8"));
      const [found] = await (guard === undefined ? ask() : guard(session, table, ask));
      if (found !== undefined) read.push([table.said, found]);
      done += Number(table.bytes);
      progress?.(done, all);
    }
  };
  const objects = z.object({ oid: z.string(), bytes: z.string(), hash: z.string() });
  const large = async () => {
    const found = await first.rows(objects, largeObjectsQuery);
    await work(reader);
    return found;
  };
  const [largeObjects] = await Promise.all([large(), ...more.map(work)]);
  return {
    version: about?.version ?? "",
    tables: Object.fromEntries(read.sort(([a], [b]) => (a < b ? -1 : 1))),
    sequences,
    largeObjects: Object.fromEntries(largeObjects.map(({ oid, bytes, hash }) => [oid, `${bytes} ${hash}`])),
    shapes: Object.fromEntries(shapes.map(({ kind, name, shape }) => [`${kind} ${name}`, shape])),
    owners: Object.fromEntries(owners.map(({ object, owner }) => [object, owner])),
  };
}
