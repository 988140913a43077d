import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sessions } from "../../../packages/postgres/connect";
import { writeMarker } from "../../../packages/migration/names";
import { databaseHandler } from "./database";
import { createDatabase, databaseInputs, nameDatabase, type DatabaseInputs } from "./database-plan";
import { extensionHandler, extensionInputs, type ExtensionInputs } from "./extension";
import { openLocally, startCluster, type Cluster } from "../../../packages/postgres/testing";
import { listening } from "./testing";

let cluster: Cluster;
// Connections are given back at once: these tests drop databases under them.
const sessions = new Sessions(openLocally, { idle: 0 });
const handler = databaseHandler(sessions);
const extensions = extensionHandler(sessions);
const secret = "secret";

beforeAll(async () => {
  cluster = await startCluster();
  const roles = ["agent", "system", "guest", "intruder"].map(
    (r) => `CREATE ROLE ${r} LOGIN PASSWORD '${secret}'`,
  );
  await sql(roles.join("; "));
});
afterAll(async () => {
  await sessions.close();
  await cluster.stop();
});

const database = (name: string, more: object = {}): DatabaseInputs =>
  databaseInputs.parse({ server: cluster.server, name, owner: "agent", connect: ["guest"], ...more });
const drift = (inputs: DatabaseInputs) => handler.drift(inputs, listening(), {});
const apply = (inputs: DatabaseInputs) => handler.apply(inputs, listening(), undefined);
const sql = (text: string, within = "postgres") => cluster.query(within, text);
const comment = "SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = ";
const as = (user: string, name: string, text: string) =>
  cluster.query(name, text, { user, password: secret });

describe("a database", () => {
  it("is missing, is made, and is open to its owner and those named alone", async () => {
    const gateway = database("gateway");
    expect(await drift(gateway)).toEqual(["database gateway on storage is missing"]);
    await apply(gateway);
    expect(await drift(gateway)).toEqual([]);
    await as("agent", "gateway", "CREATE TABLE public.t ()");
    await as("guest", "gateway", "SELECT 1");
    await expect(as("guest", "gateway", "CREATE TABLE public.mine ()")).rejects.toThrow("permission denied");
    await expect(as("guest", "gateway", "CREATE TEMPORARY TABLE mine ()")).rejects.toThrow(
      "permission denied",
    );
    await expect(as("intruder", "gateway", "SELECT 1")).rejects.toThrow("permission denied for database");
  });

  it.each([
    ["GRANT CONNECT ON DATABASE changed TO PUBLIC", "everyone (PUBLIC) has CONNECT, not declared"],
    ["GRANT TEMPORARY ON DATABASE changed TO PUBLIC", "everyone (PUBLIC) has TEMPORARY, not declared"],
    ["GRANT CONNECT ON DATABASE changed TO intruder", "intruder has CONNECT, not declared"],
    ["GRANT CREATE ON DATABASE changed TO guest", "guest has CREATE, not declared"],
    [
      "GRANT CONNECT ON DATABASE changed TO guest WITH GRANT OPTION",
      "guest has CONNECT WITH GRANT OPTION, not declared",
    ],
    ["REVOKE CONNECT ON DATABASE changed FROM guest", "guest may not connect, declared so"],
    ["REVOKE CONNECT ON DATABASE changed FROM agent", "its owner agent lacks CONNECT"],
    ["ALTER DATABASE changed OWNER TO system", "owner is system, declared agent"],
    ["ALTER DATABASE changed CONNECTION LIMIT 0", "is limited to 0 connections, declared without limit"],
    ["ALTER DATABASE changed ALLOW_CONNECTIONS false", "takes no connections, declared open"],
    [
      "GRANT CREATE ON SCHEMA public TO PUBLIC",
      "everyone (PUBLIC) may create in schema public, not declared",
    ],
    ["GRANT CREATE ON SCHEMA public TO guest", "guest may create in schema public, not declared"],
    [
      "ALTER SCHEMA public OWNER TO intruder",
      "schema public is owned by intruder, declared the database's owner",
    ],
    ["DROP SCHEMA public", "schema public is missing"],
  ])("changed by hand with %s is seen and put right", async (byHand, said) => {
    const changed = database("changed");
    await apply(changed);
    expect(await drift(changed)).toEqual([]);
    await sql(byHand, byHand.includes("SCHEMA") ? "changed" : "postgres");
    expect(await drift(changed)).toEqual([`database changed on storage: ${said}`]);
    await apply(changed);
    expect(await drift(changed)).toEqual([]);
    await as("agent", "changed", "SELECT 1");
    await as("guest", "changed", "SELECT 1");
    await expect(as("intruder", "changed", "SELECT 1")).rejects.toThrow("permission denied for database");
  });

  it("loses what others were given by way of a right that goes, and keeps what is declared", async () => {
    const shared = database("shared");
    await apply(shared);
    await sql("GRANT CONNECT ON DATABASE shared TO system WITH GRANT OPTION");
    await as("system", "shared", "GRANT CONNECT ON DATABASE shared TO guest, intruder");
    expect(await drift(shared)).toHaveLength(2);
    await apply(shared);
    expect(await drift(shared)).toEqual([]);
    await as("guest", "shared", "SELECT 1");
  });

  it("left half-made by a killed run is finished, and was never open to everyone", async () => {
    const half = database("half");
    const [begun, named] = [createDatabase(half), nameDatabase(half).join("; ")];
    for (const steps of [[begun], [begun, named]]) {
      for (const statement of steps) await sql(statement);
      const name = steps.length === 1 ? "homelab_making_half" : "half";
      await expect(as("intruder", name, "SELECT 1")).rejects.toThrow("not currently accepting connections");
      await apply(half);
      expect(await drift(half)).toEqual([]);
      expect(await sql("SELECT FROM pg_database WHERE datname ~ '^homelab_'")).toEqual([]);
      await sql("DROP DATABASE half");
    }
  });

  it("made by somebody else is refused, in a preview too, and nothing of it is changed until it is to be adopted", async () => {
    await sql("CREATE DATABASE hers OWNER intruder");
    await sql("COMMENT ON DATABASE hers IS 'for Ada'");
    await as("intruder", "hers", "CREATE TABLE public.mine AS SELECT 7 AS n");
    const facts = () => sql("SELECT * FROM pg_database WHERE datname = 'hers'");
    const before = await facts();
    const sentence = /database hers on storage is somebody else's: .*add hers to homelab:postgres\.adopt/;
    await expect(apply(database("hers"))).rejects.toThrow(sentence);
    const planned = await handler.plan?.(database("hers"), listening(), undefined);
    expect(planned?.errors.join()).toMatch(sentence);
    expect(await facts()).toEqual(before);

    await apply(database("hers", { adopt: true }));
    expect(await sql("SELECT n FROM public.mine", "hers")).toEqual([{ n: 7 }]);
    expect(await sql(`${comment}'hers'`)).toEqual([{ comment: "for Ada [managed by homelab]" }]);
    await apply(database("hers"));
    expect(await drift(database("hers"))).toEqual([]);
  });

  it("that the state knows from before there were marks, or that a migration moved, is known", async () => {
    await sql("CREATE DATABASE older");
    const older = database("older");
    await handler.apply(older, listening(), older);
    await apply(older);
    const moved = { homelabMigration: "m", source: "1/shop", state: "moved" as const, at: "2026-11-01" };
    await sql(`COMMENT ON DATABASE older IS '${writeMarker(moved)}'`);
    expect(await drift(older)).toEqual([]);
    await apply(older);
    expect(await sql(`${comment}'older'`)).toEqual([{ comment: writeMarker(moved) }]);
  });

  it("is not touched by a second apply", async () => {
    const twice = database("twice");
    await apply(twice);
    const logged = cluster.log().length;
    await apply(twice);
    expect(cluster.log().slice(logged)).not.toMatch(/statement: (ALTER|CREATE|GRANT|REVOKE)/);
  });

  it("of another encoding is told with the way out, and left alone", async () => {
    await sql("CREATE DATABASE old OWNER agent TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
    expect(await drift(database("old"))).toContainEqual(
      expect.stringContaining("encoding is LATIN1, declared UTF8"),
    );
    await expect(apply(database("old", { adopt: true }))).rejects.toThrow(
      "cannot be changed in place: dump it",
    );
  });

  it("owned by nobody known is refused with a sentence and not made", async () => {
    await expect(apply(database("orphan", { owner: "nobody" }))).rejects.toThrow(
      'database orphan on storage: role "nobody" does not exist.',
    );
    expect(await drift(database("orphan"))).toEqual(["database orphan on storage is missing"]);
  });

  it("changes hands, and the former owner is out", async () => {
    await apply(database("moved", { owner: "agent", connect: [] }));
    await apply(database("moved", { owner: "system", connect: [] }));
    await as("system", "moved", "CREATE TABLE public.t ()");
    await expect(as("agent", "moved", "SELECT 1")).rejects.toThrow("permission denied for database");
  });

  it("stays when it is removed, and it is said how to drop it", async () => {
    await apply(database("dagster"));
    const ctx = listening();
    await handler.remove(database("dagster"), ctx);
    expect(ctx.heard).toEqual([
      expect.stringContaining("database dagster stays on storage with all its data"),
    ]);
    expect(ctx.heard[0]).toContain('DROP DATABASE "dagster";');
    expect(await drift(database("dagster"))).toEqual([]);
  });
});

describe("an extension", () => {
  const extension = (name: string, more: object = {}): ExtensionInputs =>
    extensionInputs.parse({ server: cluster.server, database: "extended", name, ...more });
  const put = (inputs: ExtensionInputs) => extensions.apply(inputs, listening(), undefined);
  const look = (inputs: ExtensionInputs) => extensions.drift(inputs, listening(), {});
  const called = (name: string) => `extension ${name} in database extended on storage`;

  beforeAll(() => apply(database("extended")));

  it.for(["hstore", "vector"])(
    "%s is missing, is installed, dropped by hand, and put back",
    async (name, ctx) => {
      const carried = await sql(`SELECT FROM pg_available_extensions WHERE name = '${name}'`);
      if (name === "vector" && carried.length === 0) ctx.skip("postgresql-NN-pgvector is not installed");
      const wanted = extension(name);
      expect(await look(wanted)).toEqual([`${called(name)} is missing`]);
      expect(await put(wanted)).toEqual({ installed: expect.stringMatching(/^\d/) as string });
      expect(await look(wanted)).toEqual([]);
      await sql(`DROP EXTENSION ${name}`, "extended");
      expect(await look(wanted)).toEqual([`${called(name)} is missing`]);
      await put(wanted);
      expect(await put(wanted)).toEqual({ installed: expect.stringMatching(/^\d/) as string });
      expect(await look(wanted)).toEqual([]);
    },
  );

  it("is brought to a declared version, and left at any other when none is declared", async () => {
    await sql("CREATE EXTENSION pg_trgm SCHEMA public VERSION '1.3'", "extended");
    expect(await look(extension("pg_trgm"))).toEqual([]);
    const declared = extension("pg_trgm", { version: "1.5" });
    expect(await look(declared)).toEqual([`${called("pg_trgm")}: version is 1.3, declared 1.5`]);
    expect(await put(declared)).toEqual({ installed: "1.5" });
  });

  it("in another schema is seen and moved", async () => {
    await sql("CREATE SCHEMA elsewhere; CREATE EXTENSION citext SCHEMA elsewhere", "extended");
    expect(await look(extension("citext"))).toEqual([
      `${called("citext")}: is in schema elsewhere, declared public`,
    ]);
    await put(extension("citext"));
    expect(await look(extension("citext"))).toEqual([]);
  });

  it("that the image does not carry is told in a sentence", async () => {
    await expect(put(extension("no_such"))).rejects.toThrow("the server's image does not carry it");
  });

  it("in a database that is not there is out of reach", async () => {
    const nowhere = extension("hstore", { database: "nowhere" });
    expect(await look(nowhere)).toEqual([
      "extension hstore in database nowhere on storage is out of reach: the database is missing",
    ]);
    await expect(put(nowhere)).rejects.toThrow('database "nowhere" does not exist');
  });

  it("stays when it is removed", async () => {
    await put(extension("hstore"));
    const ctx = listening();
    await extensions.remove(extension("hstore"), ctx);
    expect(ctx.heard).toEqual([expect.stringContaining("stays, for tables may depend on it")]);
    expect(await look(extension("hstore"))).toEqual([]);
  });
});
