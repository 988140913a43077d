import { z } from "zod";
import type { Connection } from "../postgres/session";
import * as remote from "../../remote/migration";
import { as, open, within, type Side } from "./access";
import { databaseFacts, extensionSchema, publicationSchema } from "./facts";
import { compare, differences, type Compared } from "./compare";
import { fingerprint, fingerprintSchema, readSequences, type Fingerprint } from "./fingerprint";
import { itemName, scratchName, type Marker } from "./names";
import type { PlannedDatabase } from "./plan";
import { closeRole, withReader } from "./role";
import { makePublications, prepareScratch, settle } from "./settle";
import { keepWritersOut, takeSnapshot, writeCounters, type WriteCounters } from "./snapshot";
import { checkIndexes, cleanUp, makeScratch, mark, rightsAmiss, takePlace } from "./target";

/** A migration with both its ends at hand. */
export interface Migration {
  readonly name: string;
  readonly source: Side;
  readonly target: Side;
  readonly folder: remote.Folder;
  /** How the target's node reaches the source. */
  readonly sourceFromNode: { readonly host: string; readonly port: number };
  readonly jobs: number;
  readonly memoryKb: number;
  readonly systemIdentifier: string;
  readonly say: Say;
}

export interface Say {
  /** A step has ended. */
  done(text: string, seconds: number): void;
  /** How far the step is that is under way. */
  progress(text: string): void;
}

/** What the source held at the snapshot of the dump. */
const recordSchema = z.object({
  database: z.string(),
  takenAt: z.string(),
  fingerprint: fingerprintSchema,
  sequencesAfter: fingerprintSchema.shape.sequences,
  writes: z.record(z.string(), z.string()),
  /** What the superuser makes. Records of before that lack it. */
  extensions: z.array(extensionSchema).optional(),
  publications: z.array(publicationSchema).optional(),
  seconds: z.number(),
});
export type SourceRecord = z.infer<typeof recordSchema>;

export interface Moved {
  readonly database: PlannedDatabase;
  readonly seconds: Readonly<Partial<Record<"dump" | "restore" | "verify" | "switch", number>>>;
  readonly compared: readonly Compared[];
  readonly writes: WriteCounters;
}

/** The target is not what the source was. Nothing was switched. */
export class Different extends Error {
  override readonly name = "Different";
  constructor(
    readonly database: string,
    readonly compared: readonly Compared[],
  ) {
    super(`Database ${database} was not switched: what was restored differs from the source's snapshot.`);
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const began = Date.now();
  const value = await work();
  return { value, seconds: (Date.now() - began) / 1000 };
}

const percent = (done: number, of: number) =>
  of > 0 ? `${Math.min(100, Math.floor((100 * done) / of))} %` : "";
const megabytes = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(0)} MB`;

export async function readRecord(folder: remote.Folder, item: string): Promise<SourceRecord | undefined> {
  const text = await remote.readRecord(folder, item);
  return text === undefined ? undefined : recordSchema.parse(JSON.parse(text));
}

/** The dump, and what it must come to: both of one snapshot of the source, which is only read. */
async function dumped(migration: Migration, database: PlannedDatabase): Promise<SourceRecord> {
  const { source, folder, say, jobs } = migration;
  const writes = await writeCounters(source, database.from);
  const snapshot = await takeSnapshot(source, database.from, Math.min(2, jobs));
  try {
    const takenAt = new Date().toISOString();
    const far = { dump: "0 MB", read: "" };
    const told = () => {
      say.progress(`dump of ${database.from}: ${far.dump}; checksums of the source: ${far.read}`);
    };
    const { value: held, seconds } = await timed(async () => {
      const taken = remote.dump(
        folder,
        itemName(database),
        {
          ...{ ...migration.sourceFromNode, user: source.server.user, password: source.server.password },
          ...{ database: database.from, snapshot: snapshot.id, jobs },
        },
        (bytes) => {
          far.dump = megabytes(bytes);
          told();
        },
      );
      const read = fingerprint(snapshot.sessions, {
        progress: (done, of) => {
          far.read = percent(done, of);
          told();
        },
        guard: snapshot.guard,
      });
      // Both are waited for, so that nothing is at work when one of them fails.
      const [dump, print] = await Promise.allSettled([taken, read]);
      if (dump.status === "rejected") throw dump.reason as Error;
      if (print.status === "rejected") throw print.reason as Error;
      return print.value;
    });
    const [first] = snapshot.sessions;
    if (first === undefined) throw new Error("A snapshot has a session.");
    const { extensions, publications } = await databaseFacts(first);
    const record: SourceRecord = {
      database: database.from,
      takenAt,
      fingerprint: held,
      sequencesAfter: await within(source, database.from, readSequences),
      writes: { ...writes },
      ...{ extensions, publications: [...publications] },
      seconds,
    };
    await remote.keepRecord(folder, itemName(database), JSON.stringify(record));
    say.done(`${database.from}: dumped, and its checksums taken at the same snapshot`, seconds);
    return record;
  } finally {
    await snapshot.close();
  }
}

async function restored(
  migration: Migration,
  database: PlannedDatabase,
  record: SourceRecord,
  marker: Marker,
): Promise<number> {
  const { target, folder, say, jobs, memoryKb } = migration;
  const scratch = scratchName(database.to);
  const { seconds } = await timed(async () => {
    const login = await makeScratch(target, database.to, marker);
    const { extensions = [], publications = [] } = { ...database.facts, ...record };
    const there = await within(target, scratch, (session) => prepareScratch(session, login.user, extensions));
    const size = await open(target, "postgres");
    const look = setInterval(() => {
      size
        .rows(z.object({ bytes: z.string() }), "SELECT pg_database_size($1)::text AS bytes", [scratch])
        .then(([row]) => {
          say.progress(
            `restore of ${database.to}: ${megabytes(Number(row?.bytes ?? 0))} of about ${megabytes(database.bytes)}`,
          );
        })
        .catch(() => undefined);
    }, 1000);
    try {
      await remote.restore(folder, itemName(database), {
        ...{ ...login, port: target.server.port, database: scratch, jobs, memoryKb },
        schemas: there.schemas,
        publications: publications.flatMap(({ name, allTables }) => (allTables ? [name] : [])),
      });
    } finally {
      clearInterval(look);
      await size.close();
    }
    say.progress(`statistics, owners and rights of ${database.to}`);
    await within(as(target, login), scratch, (session) => session.run(["ANALYZE"]));
    await closeRole(target, migration.name);
    await within(target, scratch, async (session) => {
      await makePublications(session, publications);
      const whose = { role: login.user, database: scratch, owner: database.owner };
      await settle(session, whose, record.fingerprint.owners, ownerOf(database), there.before);
    });
    await within(target, "postgres", (session) => mark(session, scratch, { ...marker, state: "restored" }));
  });
  say.done(`${database.to}: restored beside the empty one`, seconds);
  return seconds;
}

const ownerOf = (database: PlannedDatabase) => (owner: string) => database.owners[owner] ?? database.owner;

/** Compares a database of the target with what the source holds, or held. */
export async function verified(
  migration: Pick<Migration, "name" | "target" | "jobs" | "say">,
  database: PlannedDatabase,
  name: string,
  held: { fingerprint: Fingerprint; sequencesAfter?: Fingerprint["sequences"] },
): Promise<Compared[]> {
  const { target, say, jobs } = migration;
  const found = await withReader(target, migration.name, name, async (login) => {
    const readers: Connection[] = [];
    try {
      while (readers.length < Math.min(4, jobs)) readers.push(await open(as(target, login), name));
      // What runs in them can change nothing, either.
      for (const reader of readers) await reader.run(["BEGIN READ ONLY"]);
      return await within(target, name, (session) =>
        fingerprint([session], {
          readers,
          progress: (done, of) => {
            say.progress(`checksums of ${database.to}: ${percent(done, of)}`);
          },
        }),
      );
    } finally {
      await Promise.all(readers.map((reader) => reader.close()));
    }
  });
  const compared = compare(held.fingerprint, found, {
    ownerOf: ownerOf(database),
    ...(held.sequencesAfter === undefined ? {} : { sequencesAfter: held.sequencesAfter }),
  });
  const { rights, looked } = await within(target, name, async (session) => ({
    rights: await rightsAmiss(session, database.owner),
    looked: await checkIndexes(session),
  }));
  return [
    ...compared,
    { what: "rights as declared", count: rights.count, differences: rights.amiss },
    ...(looked === undefined
      ? []
      : [{ what: "indexes looked through (amcheck)", count: looked.count, differences: looked.broken }]),
  ];
}

/** Moves one database, from wherever a former run got to. @throws Different when it does not come out the same */
async function moveDatabase(migration: Migration, database: PlannedDatabase): Promise<Moved> {
  const { name, target, folder, say } = migration;
  const item = itemName(database);
  const marker: Marker = {
    homelabMigration: name,
    source: `${migration.systemIdentifier}/${database.from}`,
    state: "restoring",
    at: new Date().toISOString(),
  };
  const begun = database.stage !== "not begun";
  const kept = begun ? await readRecord(folder, item) : undefined;
  if (kept !== undefined)
    say.done(`${database.from}: the dump of an earlier run is whole (${kept.takenAt})`, 0);
  const record = kept ?? (await dumped(migration, database));
  const again = kept !== undefined && database.stage === "restored";
  const restore = again ? undefined : await restored(migration, database, record, marker);
  const { value: compared, seconds: verify } = await timed(() =>
    verified(migration, database, scratchName(database.to), record),
  );
  if (differences(compared).length > 0) {
    // The dump may be what is wrong, so the next run starts over.
    await remote.forgetItem(folder, item);
    throw new Different(database.to, compared);
  }
  say.done(`${database.to}: verified`, verify);
  const { seconds: change } = await timed(() => takePlace(target, database.to, marker));
  say.done(`${database.to}: in its place`, change);
  return {
    database,
    compared,
    writes: record.writes,
    seconds: {
      ...(kept === undefined ? { dump: record.seconds } : {}),
      ...(restore === undefined ? {} : { restore }),
      ...{ verify, switch: change },
    },
  };
}

/**
 * Moves what is not moved yet, one database after the other; each is switched once it is verified.
 * @param readOnlySource keeps writers out of all of them until the last one is switched.
 */
export async function move(
  migration: Migration,
  databases: readonly PlannedDatabase[],
  readOnlySource = false,
): Promise<Moved[]> {
  const left = databases.filter(({ stage }) => stage !== "moved");
  const locks = readOnlySource
    ? await Promise.all(left.map(({ from }) => keepWritersOut(migration.source, from)))
    : [];
  try {
    const moved: Moved[] = [];
    for (const database of left) moved.push(await moveDatabase(migration, database));
    await cleanUp(
      migration.target,
      databases.map(({ to }) => to),
      migration.name,
    );
    // Only now: until all is in its place a dump may be needed again.
    for (const database of databases) await remote.removeDump(migration.folder, itemName(database));
    return moved;
  } finally {
    await Promise.all(locks.map((session) => session.close()));
  }
}

/** Tables of the source that have been written to since their database was dumped. */
export async function writtenSince(source: Side, moved: readonly Moved[]): Promise<string[]> {
  const found = await Promise.all(
    moved.map(async ({ database, writes }) => {
      const now = await writeCounters(source, database.from);
      return Object.keys(now)
        .filter((table) => now[table] !== (writes[table] ?? "0"))
        .map((table) => `${database.from}: ${table}`);
    }),
  );
  return found.flat();
}
