import { describe, expect, it } from "vitest";
import type { DatabaseFacts, DatabaseRow, ServerFacts } from "./facts";
import { itemName, parsePair, readMarker, scratchName, writeMarker, type Marker } from "./names";
import { plan, type Found } from "./plan";

const row = (name: string, more: Partial<DatabaseRow> = {}): DatabaseRow => ({
  ...{ name, bytes: 100 * 1024 ** 2, encoding: "UTF8", collation: "C.UTF-8", owner: "postgres" },
  ...{ comment: null, settings: false },
  ...more,
});
const facts = (more: Partial<DatabaseFacts> = {}): DatabaseFacts => ({
  ...{ tables: 3, objects: 5, extensions: [], owners: [{ role: "postgres", objects: 5 }], largeObjects: 0 },
  ...{ foreignTables: 0, vectors: 0, elsewhere: 0, invalidIndexes: [], eventTriggers: [], publications: [] },
  ...{ subscriptions: 0, superusersOnly: [], trapped: [] },
  ...more,
});
const empty = facts({ objects: 0, tables: 0, owners: [] });
const role = (name: string, superuser = false) => ({ name, superuser, login: true });
const server = (more: Partial<ServerFacts>): ServerFacts => ({
  ...{ version: "15.18", versionNumber: 150018, systemIdentifier: "1", superuser: true, tablespaces: [] },
  ...{ prepared: 0, available: ["vector"], roles: [role("postgres", true)], databases: [row("shop")] },
  ...more,
});

function found(more: Partial<Found> = {}): Found {
  return {
    ...{ name: "main", node: "storage", owners: {}, jobs: undefined, pairs: [{ from: "shop", to: "shop" }] },
    source: server({}),
    target: server({
      ...{ version: "18.6", versionNumber: 180006, systemIdentifier: "2" },
      roles: [role("postgres", true), role("system"), role("agent")],
      databases: [row("shop", { owner: "system" })],
    }),
    sourceDatabases: new Map([["shop", facts()]]),
    targetDatabases: new Map([["shop", empty]]),
    machine: {
      ...{ programs: "18.6", dataFree: 1024 ** 4, folderFree: 1024 ** 4, memoryAvailable: 8 * 1024 ** 3 },
      ...{ cores: 2, running: false, items: new Map() },
    },
    ...more,
  };
}

const marker: Marker = { homelabMigration: "main", source: "1/shop", state: "restoring", at: "2026-01-01" };
const withTarget = (databases: DatabaseRow[]) => ({ target: { ...found().target, databases } });

describe("a plan", () => {
  it("has nothing missing when the target has an empty database of that name", () => {
    const { missing, notes, databases, jobs } = plan(found());
    expect(missing).toEqual([]);
    expect(notes).toEqual([
      "Rights (GRANT) are the program's, not the source's.",
      "shop: what postgres owns becomes system's; change it with --owner FROM=TO.",
    ]);
    expect(databases).toMatchObject([
      { stage: "not begun", owner: "system", owners: { postgres: "system" } },
    ]);
    expect(jobs).toBe(2);
  });

  it.each<[string, Partial<Found>, string]>([
    [
      "a database that is not declared",
      withTarget([]),
      'storage has no database "shop": declare it with its owner',
    ],
    [
      "a target with something in it",
      { targetDatabases: new Map([["shop", facts()]]) },
      "Database shop on storage is not empty (5 objects): it is left alone.",
    ],
    [
      "a source that is too old",
      { source: server({ version: "13.9", versionNumber: 130009 }) },
      "The source is PostgreSQL 13.9: 14 is the oldest",
    ],
    [
      "a source that is newer",
      { source: server({ version: "19.1", versionNumber: 190001 }) },
      "newer than 18.6 on storage",
    ],
    [
      "the target as its own source",
      { source: server({ systemIdentifier: "2" }) },
      "The source is the very server on storage",
    ],
    [
      "an extension that the image lacks",
      {
        sourceDatabases: new Map([
          ["shop", facts({ extensions: [{ name: "postgis", version: "3.4", schema: "public" }] })],
        ]),
      },
      "uses the extension postgis 3.4, which the image on storage does not carry",
    ],
    [
      "an owner who is a superuser",
      { owners: { postgres: "postgres" } },
      "Role postgres, planned as an owner in shop, is a superuser on storage",
    ],
    [
      "what only a superuser may make",
      { sourceDatabases: new Map([["shop", facts({ superusersOnly: ["function public.f (language c)"] })]]) },
      "nothing of a source's is made as superuser: function public.f (language c).",
    ],
    [
      "tables that a superuser must not read",
      { sourceDatabases: new Map([["shop", facts({ trapped: ["public.a", "public.b"] })]]) },
      "indexes or statistics of tables public.a, public.b call functions of a role that is no superuser",
    ],
    [
      "an owner that is not there",
      { owners: { postgres: "nobody" } },
      "Role nobody, planned as an owner in shop, is not on storage",
    ],
    [
      "a disk that is too small",
      { machine: { ...found().machine, dataFree: 1024 ** 2, folderFree: 1024 ** 4 } },
      "storage has 1 MB free for PostgreSQL's data and about 120 MB are needed",
    ],
    [
      "one disk for data and dump that is too small",
      { machine: { ...found().machine, dataFree: 1024 ** 2, folderFree: 1024 ** 2 } },
      "storage has 1 MB free for data and dump and about 180 MB are needed",
    ],
    [
      "two databases of one name",
      {
        pairs: [
          { from: "shop", to: "shop" },
          { from: "shop", to: "shop" },
        ],
      },
      "Two databases are to become shop",
    ],
    [
      "a database that the source lacks",
      { pairs: [{ from: "shp", to: "shop" }] },
      'The source has no database "shp".',
    ],
    [
      "a scratch database of somebody else's",
      withTarget([
        row("shop"),
        row(scratchName("shop"), { comment: writeMarker({ ...marker, homelabMigration: "other" }) }),
      ]),
      "Database homelab_moving_shop on storage is another migration's (other)",
    ],
    [
      "a target that is not UTF8",
      withTarget([row("shop", { encoding: "LATIN1" })]),
      "Database shop on storage has the encoding LATIN1",
    ],
  ])("says what is missing: %s", (_what, more, sentence) => {
    expect(plan(found(more)).missing.join("\n")).toContain(sentence);
  });

  it("keeps an owner whose role is on the target, unless that was a superuser in the source", () => {
    const owners = [
      { role: "agent", objects: 1 },
      { role: "postgres", objects: 1 },
      { role: "gone", objects: 1 },
    ];
    const source = server({ roles: [role("postgres", true), role("agent"), role("gone")] });
    const asked = (more: Partial<Found>) =>
      plan(found({ source, sourceDatabases: new Map([["shop", facts({ owners })]]), ...more })).databases[0]
        ?.owners;
    expect(asked({})).toEqual({ agent: "agent", postgres: "system", gone: "system" });
    expect(asked({ owners: { gone: "agent" } })).toEqual({
      agent: "agent",
      postgres: "system",
      gone: "agent",
    });
  });

  it.each<[string, Partial<Found>]>([
    ["not begun", {}],
    [
      "dumped",
      {
        machine: {
          ...found().machine,
          items: new Map([[itemName({ from: "shop", to: "shop" }), { bytes: 1, whole: true }]]),
        },
      },
    ],
    ["moved", withTarget([row("shop", { comment: writeMarker({ ...marker, state: "moved" }) })])],
  ])("knows a database that is %s", (stage, more) => {
    expect(plan(found(more)).databases[0]?.stage).toBe(stage);
  });

  it("takes a half restored database for its own only with its own whole dump and mark", () => {
    const whole = {
      machine: {
        ...found().machine,
        items: new Map([[itemName({ from: "shop", to: "shop" }), { bytes: 1, whole: true }]]),
      },
    };
    const scratch = (state: Marker["state"]) =>
      withTarget([row("shop"), row(scratchName("shop"), { comment: writeMarker({ ...marker, state }) })]);
    const stage = (...more: Partial<Found>[]) =>
      plan(found(Object.assign({}, ...more) as Partial<Found>)).databases[0]?.stage;
    expect(stage(whole, scratch("restoring"))).toBe("half restored");
    expect(stage(whole, scratch("restored"))).toBe("restored");
    // The dump is gone or was not finished: all starts over.
    expect(stage(scratch("restored"))).toBe("not begun");
  });

  it("says nothing of what is moved already", () => {
    const moved = withTarget([
      row("shop", { owner: "system", comment: writeMarker({ ...marker, state: "moved" }) }),
    ]);
    expect(plan(found({ ...moved, targetDatabases: new Map([["shop", facts()]]) })).missing).toEqual([]);
  });

  it("tells what only a person can put right from what an up brings about", () => {
    const full = plan(found({ targetDatabases: new Map([["shop", facts()]]) }));
    expect(full.occupied).toEqual([expect.stringContaining("Database shop on storage is not empty")]);
    expect(full.missing).toEqual(full.occupied);
    const absent = plan(found(withTarget([])));
    expect(absent.notes.join()).not.toContain("becomes 's");
    expect(absent.absent).toEqual([expect.stringContaining('storage has no database "shop"')]);
    expect({ missing: absent.missing, occupied: absent.occupied }).toEqual({
      missing: absent.absent,
      occupied: [],
    });
  });

  it("leaves another migration's result alone", () => {
    const comment = writeMarker({ ...marker, source: "7/shop", state: "moved" });
    const more = { ...withTarget([row("shop", { comment })]), targetDatabases: new Map([["shop", facts()]]) };
    expect(plan(found(more)).missing[0]).toContain("was moved there by migration main from 7/shop");
  });
});

describe("names", () => {
  it("are split at the last sign", () => {
    expect(parsePair("a=b=c")).toEqual({ from: "a=b", to: "c" });
    expect(parsePair("plain")).toEqual({ from: "plain", to: "plain" });
  });

  it("of the scratch database fit however long the other's is", () => {
    expect(Buffer.byteLength(scratchName("x".repeat(63)))).toBeLessThanOrEqual(63);
    expect(scratchName("x".repeat(63))).not.toBe(scratchName(`${"x".repeat(62)}y`));
  });

  it("of migrations are read from a comment, and nothing else is", () => {
    expect(readMarker(writeMarker(marker))).toEqual(marker);
    for (const other of [null, undefined, "", "the shop's database", "{}", '{"homelabMigration":1}'])
      expect(readMarker(other)).toBeUndefined();
  });
});
