import { setMaxListeners } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLocally, startCluster, type Cluster } from "../postgres/testing";
import { open, within, type Side } from "./access";
import { compare, differences } from "./compare";
import { databaseFacts, serverFacts } from "./facts";
import { fingerprint, type Fingerprint } from "./fingerprint";
import { takeSnapshot } from "./snapshot";
import { checkIndexes } from "./target";
import { program } from "./testing";

let cluster: Cluster;
const signal = new AbortController().signal;
setMaxListeners(100, signal);
const side = (role: Side["role"]): Side => ({
  role,
  through: cluster.server.connection,
  server: { host: "127.0.0.1", database: "postgres", ...cluster.server },
  signal,
  stream: () => openLocally(cluster.server.connection, "127.0.0.1", cluster.server.port, signal),
});
const print = (database: string): Promise<Fingerprint> =>
  within(side("target"), database, (session) => fingerprint([session]));
const unlike = async (database: string) =>
  differences(compare(await print("shop"), await print(database), { ownerOf: (owner) => owner }));

beforeAll(async () => {
  cluster = await startCluster();
  await cluster.query("postgres", "CREATE DATABASE shop");
  const shop = readFileSync(join(__dirname, "../../lab/drills/migrate/shop.sql"), "utf8");
  program(cluster, "psql", ["-qXd", "shop", "-v", "rows=2000", "-o", "/dev/null"], shop);
  await cluster.query("postgres", "CREATE DATABASE copy");
  program(cluster, "psql", ["-qXd", "copy", "-o", "/dev/null"], program(cluster, "pg_dump", ["shop"]));
});
afterAll(() => cluster.stop());

describe("the fingerprint of a database", () => {
  it("is the same for what pg_dump carried over, and holds all kinds of things", async () => {
    expect(await unlike("copy")).toEqual([]);
    const shop = await print("shop");
    expect(Object.keys(shop.tables)).toHaveLength(12);
    expect(shop.tables["public.orders"]?.rows).toBe("2000");
    expect(shop.tables["public.events_rest"]?.rows).toBe("30");
    expect(shop.sequences['"Größe & Maß"."Odd Sequence"']).toMatchObject({ value: "10", called: true });
    expect(shop.sequences["public.never_used"]).toMatchObject({ value: "1", called: false });
    expect(Object.keys(shop.largeObjects)).toEqual(["70001", "70002", "70003", "70004"]);
    expect(shop.largeObjects["70004"]).toMatch(/^3000012 /);
  });

  it("does not depend on who reads it, nor on how many do", async () => {
    await cluster.query("postgres", `ALTER DATABASE copy SET datestyle = 'SQL, DMY'`);
    await cluster.query("postgres", `ALTER DATABASE copy SET extra_float_digits = 0`);
    await cluster.query("postgres", `ALTER DATABASE copy SET timezone = 'Asia/Tokyo'`);
    expect(await unlike("copy")).toEqual([]);
    const snapshot = await takeSnapshot(side("source"), "shop", 3);
    expect(await fingerprint(snapshot.sessions)).toEqual(await print("shop"));
    await snapshot.close();
  });

  it("is of the snapshot, whatever is written afterwards", async () => {
    const before = await print("shop");
    const snapshot = await takeSnapshot(side("source"), "shop", 2);
    await cluster.query("shop", "INSERT INTO parent VALUES (77)");
    expect(await fingerprint(snapshot.sessions)).toEqual(before);
    await snapshot.close();
    await cluster.query("shop", "DELETE FROM ONLY parent WHERE a = 77");
    expect(await print("shop")).toEqual(before);
  });

  it.each([
    [
      "one value in one row",
      "UPDATE orders SET weight = weight + 1e-9 WHERE id = 77",
      "UPDATE orders SET weight = sqrt(77) / 3 WHERE id = 77",
      ["table public.orders: other contents in 2000 rows (checksum)"],
    ],
    [
      "a lost row of several equal ones",
      "DELETE FROM child WHERE ctid = (SELECT min(ctid) FROM child)",
      "INSERT INTO child VALUES (2, 3)",
      ["table public.child has 1 rows, the source 2"],
    ],
    [
      "NULL in the place of an empty text",
      `UPDATE "Größe & Maß"."Table with ""quotes"", 'ticks' and \\back" SET "ROW" = NULL WHERE "select" = 5`,
      `UPDATE "Größe & Maß"."Table with ""quotes"", 'ticks' and \\back" SET "ROW" = ''`,
      [
        `table "Größe & Maß"."Table with ""quotes"", 'ticks' and \\back": other contents in 100 rows (checksum)`,
      ],
    ],
    [
      "a sequence",
      "SELECT nextval('never_used')",
      "SELECT setval('never_used', 1, false)",
      ["sequence public.never_used is at 1, the source at 1 (not yet used)"],
    ],
    [
      "a byte of a large object",
      "SELECT lo_put(70003, 9000000, 'X')",
      "SELECT lo_put(70003, 9000000, substr(convert_to(repeat('piece ', 2000000), 'UTF8'), 9000001, 1))",
      ["large object 70003 differs"],
    ],
    [
      "a constraint that is gone",
      "ALTER TABLE orders DROP CONSTRAINT orders_total_check",
      "ALTER TABLE orders ADD CHECK (total >= 0)",
      ["constraint orders_total_check on public.orders is missing"],
    ],
    [
      "a constraint that is not validated",
      "ALTER TABLE orders DROP CONSTRAINT orders_total_check; ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0) NOT VALID",
      "ALTER TABLE orders VALIDATE CONSTRAINT orders_total_check",
      [
        "constraint orders_total_check on public.orders: check not validated total; in the source: check total",
      ],
    ],
    [
      "an index that is not valid",
      "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_details'::regclass",
      "UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'orders_details'::regclass",
      [
        "index public.orders_details: on orders gin not valid details jsonb_ops; in the source: on orders gin details jsonb_ops",
      ],
    ],
    [
      "an owner",
      "CREATE ROLE somebody; ALTER TABLE parent OWNER TO somebody",
      "ALTER TABLE parent OWNER TO postgres; DROP ROLE somebody",
      ["table public.parent is owned by somebody, planned postgres"],
    ],
  ])("tells %s", async (_what, change, back, told) => {
    await cluster.query("copy", change);
    expect(await unlike("copy")).toEqual(told);
    await cluster.query("copy", back);
    expect(await unlike("copy")).toEqual([]);
  });

  it("looks through every B-tree, and leaves nothing behind", async () => {
    const session = await open(side("target"), "copy");
    const looked = await checkIndexes(session);
    await session.close();
    expect(looked).toMatchObject({ broken: [] });
    expect(looked?.count).toBeGreaterThan(5);
    expect(await cluster.query("copy", "SELECT FROM pg_extension WHERE extname = 'amcheck'")).toEqual([]);
  });
});

describe("what a plan asks", () => {
  it("is answered by both sides", async () => {
    const facts = await serverFacts(side("source"));
    expect(facts.databases.map(({ name }) => name)).toEqual(["copy", "postgres", "shop"]);
    expect(facts).toMatchObject({ superuser: true, prepared: 0, tablespaces: [] });
    const shop = await within(side("source"), "shop", databaseFacts);
    expect(shop).toMatchObject({ largeObjects: 4, foreignTables: 0, extensions: [], invalidIndexes: [] });
    expect(shop.owners).toEqual([{ role: "postgres", objects: expect.any(Number) as number }]);
    expect((await within(side("source"), "postgres", databaseFacts)).objects).toBe(0);
  });

  it("cannot write to the source, even when it tries", async () => {
    await expect(
      within(side("source"), "shop", (session) => session.run(["CREATE TABLE oops ()"])),
    ).rejects.toThrow("cannot execute CREATE TABLE in a read-only transaction");
  });
});
