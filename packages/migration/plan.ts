import type { NodeFacts } from "../../remote/migration";
import type { DatabaseFacts, DatabaseRow, ServerFacts } from "./facts";
import {
  formerRole,
  itemName,
  migrationRole,
  readMarker,
  scratchName,
  type Marker,
  type Pair,
} from "./names";

/** What was found on both sides. */
export interface Found {
  /** Of the migration. */
  readonly name: string;
  /** The node with the target. */
  readonly node: string;
  readonly source: ServerFacts;
  readonly target: ServerFacts;
  readonly sourceDatabases: ReadonlyMap<string, DatabaseFacts>;
  readonly targetDatabases: ReadonlyMap<string, DatabaseFacts>;
  readonly machine: NodeFacts;
  readonly pairs: readonly Pair[];
  /** The target's owner for roles of the source, where it is not the obvious one. */
  readonly owners: Readonly<Record<string, string>>;
  readonly jobs: number | undefined;
}

/** How far a database has come. */
export type Stage = "not begun" | "dumped" | "half restored" | "restored" | "moved";

export interface PlannedDatabase extends Pair {
  readonly bytes: number;
  readonly facts: DatabaseFacts | undefined;
  readonly stage: Stage;
  /** The target's database as the program made it; everything is owned by its owner unless the plan says otherwise. */
  readonly owner: string;
  /** Owner on the target by owner in the source. */
  readonly owners: Readonly<Record<string, string>>;
  readonly movedAt: string | undefined;
}

export interface Plan {
  readonly databases: readonly PlannedDatabase[];
  readonly jobs: number;
  /** For building an index, in kB. */
  readonly memoryKb: number;
  readonly seconds: number;
  /** What must be put right first: what is wrong and what to do, a sentence each. */
  readonly missing: readonly string[];
  /** Those of `missing` that only a person can put right: another's data is where these are to go. */
  readonly occupied: readonly string[];
  /** Those of `missing` that tell of a target that is not there yet. */
  readonly absent: readonly string[];
  /** What to know. */
  readonly notes: readonly string[];
}

const gigabyte = 1024 ** 3;
/** Seen on small machines: dump, restore and verification of tables with indexes. */
const bytesPerSecond = 12 * 1024 ** 2;

export function plan(found: Found): Plan {
  const { source, target, machine, node } = found;
  const databases = found.pairs.map((pair) => planned(found, pair));
  const left = databases.filter(({ stage }) => stage !== "moved");
  const bytes = left.reduce((sum, database) => sum + database.bytes, 0);
  const jobs = found.jobs ?? Math.max(1, Math.min(4, machine.cores));
  const occupied = left.flatMap((database) => occupiedBy(found, database));
  const absent = left.flatMap((database) => absentOn(found, database));
  const missing = [
    ...versions(found),
    ...(databases.length === 0 ? ["The source has no database to move."] : []),
    ...doubled(found.pairs),
    ...occupied,
    ...absent,
    ...left.flatMap((database) => missingFor(found, database)),
    ...space(found, left),
  ];
  const notes = [
    ...(left.length > 0 ? ["Rights (GRANT) are the program's, not the source's."] : []),
    ...(source.prepared > 0
      ? [`The source holds ${source.prepared} prepared transactions: they are not moved; end them first.`]
      : []),
    ...(source.superuser
      ? []
      : [`The source is read as a user who is no superuser: what that user may not read stops the dump.`]),
    ...(source.tablespaces.length > 0
      ? [
          `Tablespaces of the source (${source.tablespaces.join(", ")}) are not made on ${node}: all goes into its data directory.`,
        ]
      : []),
    ...rolesLeft(found, databases),
    ...left.flatMap((database) => notesFor(found, database)),
    ...target.roles
      .filter(({ name }) => name === formerRole || name === migrationRole(found.name))
      .map(({ name }) => `The role ${name} on ${node} is an unfinished run's; the next one takes it away.`),
  ];
  const most = Math.min(gigabyte, machine.memoryAvailable / 4 / jobs);
  return {
    databases,
    jobs,
    memoryKb: Math.max(64 * 1024, Math.floor(most / 1024)),
    seconds: left.length === 0 ? 0 : Math.ceil(bytes / bytesPerSecond) + 5 * left.length,
    missing,
    occupied,
    absent,
    notes,
  };
}

function planned(found: Found, pair: Pair): PlannedDatabase {
  const row = found.source.databases.find(({ name }) => name === pair.from);
  const facts = found.sourceDatabases.get(pair.from);
  const target = found.target.databases.find(({ name }) => name === pair.to);
  const owner = target?.owner ?? "";
  const roles = facts?.owners.map(({ role }) => role) ?? [];
  const marker = markerOf(found, target, pair);
  return {
    ...pair,
    bytes: row?.bytes ?? 0,
    facts,
    stage: stageOf(found, pair, marker),
    owner,
    owners: Object.fromEntries(roles.map((role) => [role, ownerOf(found, role, owner)])),
    movedAt: marker?.state === "moved" ? marker.at : undefined,
  };
}

/** The marker, when it is this migration's. */
function markerOf(found: Found, target: DatabaseRow | undefined, pair: Pair): Marker | undefined {
  const marker = readMarker(target?.comment);
  return marker?.homelabMigration === found.name && marker.source === sourceOf(found.source, pair)
    ? marker
    : undefined;
}

const sourceOf = (source: ServerFacts, pair: Pair) => `${source.systemIdentifier}/${pair.from}`;

function stageOf(found: Found, pair: Pair, marker: Marker | undefined): Stage {
  if (marker?.state === "moved") return "moved";
  const scratch = found.target.databases.find(({ name }) => name === scratchName(pair.to));
  const at = markerOf(found, scratch, pair)?.state;
  if (found.machine.items.get(itemName(pair))?.whole !== true) return "not begun";
  return at === "restored" ? "restored" : at === "restoring" ? "half restored" : "dumped";
}

/** Said by name, else the role of the same name, when it is a superuser of neither side; else the database's owner. */
function ownerOf({ owners, source, target }: Found, role: string, databaseOwner: string): string {
  const said = owners[role];
  if (said !== undefined) return said;
  const superuser = source.roles.some(({ name, superuser: is }) => name === role && is);
  const there = target.roles.some(({ name, superuser: is }) => name === role && !is);
  return there && !superuser ? role : databaseOwner;
}

function versions({ source, target, machine, node }: Found): string[] {
  const major = (number: number) => Math.floor(number / 10_000);
  if (source.systemIdentifier === target.systemIdentifier)
    return [`The source is the very server on ${node}: name another.`];
  if (major(source.versionNumber) < 14)
    return [
      `The source is PostgreSQL ${source.version}: 14 is the oldest that can be moved; update it first.`,
    ];
  if (major(source.versionNumber) > major(target.versionNumber))
    return [
      `The source is PostgreSQL ${source.version}, newer than ${target.version} on ${node}: that way leads back.`,
    ];
  return major(target.versionNumber) === Number.parseInt(machine.programs)
    ? []
    : [
        `The image on ${node} has the programs of ${machine.programs} and runs ${target.version}: pulumi up --stack storage.`,
      ];
}

function doubled(pairs: readonly Pair[]): string[] {
  const names = pairs.map(({ to }) => to);
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map(
    (name) => `Two databases are to become ${name}: give one another name with --database FROM=TO.`,
  );
}

/** A target that holds something already, or another migration's half. */
function occupiedBy(found: Found, database: PlannedDatabase): string[] {
  const { node, target } = found;
  const { to } = database;
  const sentences: string[] = [];
  const there = found.targetDatabases.get(to);
  if (there !== undefined && there.objects > 0) {
    const marker = readMarker(target.databases.find(({ name }) => name === to)?.comment);
    sentences.push(
      marker === undefined
        ? `Database ${to} on ${node} is not empty (${there.objects} objects): it is left alone. Rename it there (ALTER DATABASE ${to} RENAME TO …) and run pulumi up --stack storage, which makes it anew, or choose another.`
        : `Database ${to} on ${node} was moved there by migration ${marker.homelabMigration} from ${marker.source} on ${marker.at}: it is left alone.`,
    );
  }
  const scratch = target.databases.find(({ name }) => name === scratchName(to));
  if (scratch !== undefined && markerOf(found, scratch, database) === undefined) {
    sentences.push(
      `Database ${scratch.name} on ${node} is another migration's (${readMarker(scratch.comment)?.homelabMigration ?? "unknown"}): finish that one, or drop it there.`,
    );
  }
  return sentences;
}

function absentOn({ node, target }: Found, { from, to, facts }: PlannedDatabase): string[] {
  if (facts === undefined || target.databases.some(({ name }) => name === to)) return [];
  return [
    `${node} has no database ${JSON.stringify(to)}: declare it with its owner under homelab:postgres.databases and run pulumi up --stack storage, or choose another with --database ${JSON.stringify(from)}=NAME.`,
  ];
}

function missingFor(found: Found, database: PlannedDatabase): string[] {
  const { node, target } = found;
  const { from, to, facts } = database;
  if (facts === undefined) return [`The source has no database ${JSON.stringify(from)}.`];
  const row = target.databases.find(({ name }) => name === to);
  if (row === undefined) return [];
  const sentences: string[] = [];
  if (row.encoding !== "UTF8") {
    sentences.push(`Database ${to} on ${node} has the encoding ${row.encoding}: the house's are UTF8.`);
  }
  const lacking = facts.extensions.filter(({ name }) => !target.available.includes(name));
  for (const { name, version } of lacking) {
    sentences.push(
      `Database ${from} uses the extension ${name} ${version}, which the image on ${node} does not carry: drop it in the source, or build an image with it (homelab:postgres.baseImage).`,
    );
  }
  if (facts.superusersOnly.length > 0) {
    sentences.push(
      `Database ${from} holds what only a superuser may make, and nothing of a source's is made as superuser: ${facts.superusersOnly.join(", ")}. Drop it in the source, or make an extension of it that the image on ${node} carries.`,
    );
  }
  if (found.source.superuser && facts.trapped.length > 0) {
    sentences.push(
      `Database ${from}: indexes or statistics of ${listedTables(facts.trapped)} call functions of a role that is no superuser, which would run with all rights when a superuser reads the table. Let the source be read by a role that is none: docs/runbooks/move-a-database.md says how to make it.`,
    );
  }
  for (const role of new Set([database.owner, ...Object.values(database.owners)])) {
    const there = target.roles.find(({ name }) => name === role);
    if (there?.superuser === true) {
      sentences.push(
        `Role ${role}, planned as an owner in ${to}, is a superuser on ${node}: the source's functions, indexes and triggers would run with all rights there. Name another with --owner FROM=TO, or give ${to} an owner that is none.`,
      );
    }
    if (there !== undefined) continue;
    sentences.push(
      `Role ${role}, planned as an owner in ${to}, is not on ${node}: declare it under homelab:postgres.roles and run pulumi up --stack storage, or name another with --owner FROM=TO.`,
    );
  }
  return sentences;
}

/** A dump is mostly smaller than its database; twice nothing is reserved that is not needed. */
function space({ machine, node }: Found, left: readonly PlannedDatabase[]): string[] {
  const bytes = left.reduce((sum, { bytes: one }) => sum + one, 0);
  const data = Math.ceil(bytes * 1.2);
  const dump = left
    .filter(({ stage }) => stage === "not begun")
    .reduce((sum, { bytes: one }) => sum + one * 0.6, 0);
  // Both may be on one disk, and mostly are.
  const both = machine.dataFree === machine.folderFree;
  const short = (need: number, free: number, where: string) =>
    need > free
      ? [
          `${node} has ${size(free)} free ${where} and about ${size(need)} are needed: make room, or name another disk with --work-directory.`,
        ]
      : [];
  if (both) return short(data + dump, machine.dataFree, "for data and dump");
  return [
    ...short(data, machine.dataFree, "for PostgreSQL's data"),
    ...short(dump, machine.folderFree, "for the dump"),
  ];
}

function rolesLeft({ source, target, node }: Found, databases: readonly PlannedDatabase[]): string[] {
  const owning = new Set(databases.flatMap(({ owners }) => Object.keys(owners)));
  const gone = source.roles
    .filter(
      ({ name, login, superuser }) => login && !superuser && !target.roles.some((role) => role.name === name),
    )
    .map(({ name }) => (owning.has(name) ? `${name} (owns objects)` : name));
  return gone.length === 0
    ? []
    : [
        `Roles of the source that are not on ${node}: ${gone.join(", ")}. Whoever logs in as one of them needs a declared role of the house; passwords are not moved.`,
      ];
}

function notesFor(found: Found, { from, to, facts, owners }: PlannedDatabase): string[] {
  const row = found.source.databases.find(({ name }) => name === from);
  const target = found.target.databases.find(({ name }) => name === to);
  if (facts === undefined || row === undefined) return [];
  const about = (condition: boolean, sentence: string) => (condition ? [`${from}: ${sentence}`] : []);
  // Without the target it is not known yet whose the database is.
  const mapped = Object.entries(owners).filter(([role, is]) => role !== is && is !== "");
  return [
    ...about(
      mapped.length > 0,
      `what ${mapped.map(([role, is]) => `${role} owns becomes ${is}'s`).join(", ")}; change it with --owner FROM=TO.`,
    ),
    ...about(
      target !== undefined && row.collation !== target.collation,
      `text was sorted by ${row.collation} and will be by ${target?.collation ?? ""} (by code point); indexes are built anew, so nothing breaks, but lists may come in another order.`,
    ),
    ...about(
      row.encoding !== "UTF8",
      `the encoding ${row.encoding} becomes UTF8${row.encoding === "SQL_ASCII" ? "; bytes that are no UTF-8 stop it" : ""}.`,
    ),
    ...about(
      row.settings,
      "settings of the database or of roles in it (ALTER DATABASE … SET) are not moved.",
    ),
    ...about(
      facts.foreignTables > 0,
      `${facts.foreignTables} foreign tables are moved without what they show.`,
    ),
    ...about(facts.subscriptions > 0, "subscriptions are not moved, so that nothing is replicated twice."),
    ...about(facts.elsewhere > 0, `${facts.elsewhere} relations leave their tablespaces.`),
    ...about(
      facts.invalidIndexes.length > 0,
      `indexes ${facts.invalidIndexes.join(", ")} are not valid in the source; they are built anew, or the restore says why not.`,
    ),
    ...about(
      facts.eventTriggers.length > 0,
      `event triggers (${facts.eventTriggers.join(", ")}) are not moved: their functions would run in every session of the database, a superuser's too.`,
    ),
    ...about(
      facts.publications.some(({ allTables, schemas }) => allTables || schemas.length > 0),
      `publications for all tables, or all of a schema, become postgres's, as they need a superuser.`,
    ),
  ];
}

const listedTables = (names: readonly string[]) =>
  names.length === 1 ? `table ${names[0] ?? ""}` : `tables ${names.join(", ")}`;

export function size(bytes: number): string {
  if (bytes >= gigabyte) return `${(bytes / gigabyte).toFixed(1)} GB`;
  return bytes >= 1024 ** 2 ? `${(bytes / 1024 ** 2).toFixed(0)} MB` : `${Math.ceil(bytes / 1024)} kB`;
}
