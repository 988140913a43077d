import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  hostileByMistake,
  hostileDatabase,
  hostileOwner,
  moreTraps,
  reporting,
  traps,
} from "../../tests/support/hostile";
import { startCluster, type Cluster } from "../postgres/testing";
import type { RunOptions } from "../../remote/run";
import type { Side } from "./access";
import { differences } from "./compare";
import { factsOf, serverFacts } from "./facts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { move, readRecord, verified, type Migration } from "./move";
import { itemName } from "./names";
import { plan, type Plan } from "./plan";
import { LocalNode, program } from "./testing";

/** A source whose owner has put traps into it, moved to a server whose superuser must not step into one. */
let cluster: Cluster;
let node: LocalNode;

vi.mock("../../remote/run", async (original) => ({
  ...(await original<object>()),
  runScript: (connection: unknown, name: string, options: RunOptions) => node.run(connection, name, options),
}));

const reader = { user: "reader", password: "of the reader" };
const silent = { done: () => undefined, progress: () => undefined };

async function planned(source: Side, from: string, to: string): Promise<Plan> {
  const target = node.side("target");
  const [theirs, ours] = await Promise.all([serverFacts(source), serverFacts(target)]);
  return plan({
    ...{ name: "odd-one", node: "storage", source: theirs, target: ours, pairs: [{ from, to }], jobs: 2 },
    sourceDatabases: await factsOf(source, theirs, [from]),
    targetDatabases: await factsOf(target, ours, [to]),
    owners: { [hostileOwner]: "keeper" },
    machine: {
      ...{ programs: "15", dataFree: 1e12, folderFree: 1e12, memoryAvailable: 1e9, cores: 2 },
      ...{ running: false, items: new Map() },
    },
  });
}

const migration = (source: Side): Migration => ({
  ...{ name: "odd-one", source, target: node.side("target"), say: silent, jobs: 2, memoryKb: 65_536 },
  folder: {
    connection: cluster.server.connection,
    name: "odd-one",
    path: node.folder,
    signal: source.signal,
  },
  sourceFromNode: { host: "127.0.0.1", port: cluster.server.port },
  systemIdentifier: "1",
});

/** Which traps were stepped into since `from`, and with whose rights. */
const caught = () => [
  ...new Set([...cluster.log().matchAll(/caught: (.*)$/gm)].map(([, said = ""]) => said)),
];

const superusers = async () =>
  (
    await cluster.query<{ name: string }>(
      "postgres",
      "SELECT rolname AS name FROM pg_roles WHERE rolsuper ORDER BY 1",
    )
  ).map(({ name }) => name);

beforeAll(async () => {
  cluster = await startCluster();
  node = new LocalNode(cluster);
  const ask = (database: string, text: string) => cluster.query(database, text);
  // Its workers read tables as their owners, with the superuser's name as that of their session.
  await ask("postgres", "ALTER SYSTEM SET autovacuum = off");
  await ask("postgres", "SELECT pg_reload_conf()");
  for (const statement of [
    ...hostileDatabase("trapped"),
    `CREATE ROLE ${reader.user} LOGIN BYPASSRLS PASSWORD '${reader.password}'`,
    `GRANT pg_read_all_data TO ${reader.user}`,
    `ALTER ROLE ${reader.user} SET lo_compat_privileges = on`,
    "CREATE ROLE keeper LOGIN PASSWORD 'of the keeper'",
    "CREATE DATABASE moved OWNER keeper",
    "REVOKE ALL ON DATABASE moved FROM PUBLIC",
  ])
    await ask("postgres", statement);
  await ask("trapped", `SET SESSION AUTHORIZATION ${hostileOwner};\n${traps("/dev/null")}`);
  await ask("trapped", hostileByMistake(cluster.version));
  await ask("trapped", `SET SESSION AUTHORIZATION ${hostileOwner};\n${moreTraps}`);
  await ask("trapped", "ALTER DATABASE trapped SET constraint_exclusion = on");
  await ask("trapped", reporting);
});
afterAll(async () => {
  node.remove();
  await cluster.stop();
});

describe("a database whose owner has set traps", () => {
  it("catches a superuser who reads it as people do", async () => {
    await cluster.query("trapped", "SELECT count(*) FROM public.items");
    expect(caught()).toContainEqual("index predicate in trapped, session superuser t, now superuser t");
    // Once would be enough.
    expect(await superusers()).toEqual([hostileOwner, "postgres"]);
    await cluster.query("postgres", `ALTER ROLE ${hostileOwner} NOSUPERUSER`);
  });

  it("is not read by the source's superuser", async () => {
    const before = caught().length;
    const { missing } = await planned(node.side("source"), "trapped", "moved");
    expect(missing.join("\n")).toMatch(
      /statistics of tables public.items, .* call functions of a role that is no superuser/,
    );
    expect(caught()).toHaveLength(before);
  });

  it("is moved, compared and owned as planned, and nobody was caught with a superuser's rights", async () => {
    const before = new Set(caught());
    const source: Side = { ...node.side("source"), server: { ...node.side("source").server, ...reader } };
    const { databases } = await planned(source, "trapped", "moved");
    const [moved] = await move(migration(source), databases);
    expect(moved?.compared.flatMap(({ differences: found }) => found)).toEqual([]);
    const [database] = databases;
    const record = database && (await readRecord(migration(source).folder, itemName(database)));
    if (database === undefined || record === undefined) throw new Error("Nothing was moved.");
    expect(differences(await verified(migration(source), database, "moved", record))).toEqual([]);
    expect(await superusers()).toEqual(["postgres"]);
    const now = caught().filter((said) => !before.has(said));
    expect(now.filter((said) => said.includes("superuser t"))).toEqual([]);
    // It was restored, indeed: the traps are sprung by those who may be caught.
    expect(now.filter((said) => said.includes("in homelab_moving_moved")).length).toBeGreaterThan(3);
    expect(differences(moved?.compared ?? [])).toEqual([]);
    const owners = await cluster.query<{ owner: string }>(
      "moved",
      "SELECT DISTINCT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relnamespace = 'public'::regnamespace",
    );
    expect(owners.map(({ owner }) => owner)).toEqual(["keeper"]);
    expect(
      await cluster.query("postgres", "SELECT rolname FROM pg_roles WHERE rolname ~ '^homelab'"),
    ).toEqual([]);
  });
});

describe("a database as people have them", () => {
  it("is moved with what only a superuser can make, by its name; but event triggers are not", async () => {
    const ask = (database: string, text: string) => cluster.query(database, text);
    for (const statement of [
      "CREATE DATABASE shop",
      "CREATE DATABASE shop_moved OWNER keeper",
      "REVOKE ALL ON DATABASE shop_moved FROM PUBLIC",
      "CREATE ROLE guest",
      "GRANT CONNECT ON DATABASE shop_moved TO guest",
    ])
      await ask("postgres", statement);
    const shop = readFileSync(join(__dirname, "../../lab/drills/migrate/shop.sql"), "utf8");
    program(cluster, "psql", ["-qXd", "shop", "-v", "rows=200", "-o", "/dev/null"], shop);
    await ask(
      "shop",
      `CREATE SCHEMA ext; CREATE EXTENSION earthdistance SCHEMA ext CASCADE; COMMENT ON EXTENSION cube IS 'of theirs';
       CREATE SCHEMA declared; CREATE TABLE declared.things (id int, at ext.cube);
       CREATE EXTENSION postgres_fdw; CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw;
       CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
       CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION on_ddl();
       CREATE PUBLICATION "all; --" FOR ALL TABLES WITH (publish = 'insert'); COMMENT ON PUBLICATION "all; --" IS 'it''s all';
       CREATE PUBLICATION of_orders FOR TABLE orders WHERE (total > 10);
       CREATE PUBLICATION of_schema FOR TABLES IN SCHEMA declared, TABLE parent`,
    );
    await ask(
      "shop_moved",
      `CREATE SCHEMA declared AUTHORIZATION guest; CREATE SCHEMA "more declared" AUTHORIZATION guest;
       ALTER DEFAULT PRIVILEGES FOR ROLE keeper IN SCHEMA public GRANT SELECT ON TABLES TO guest`,
    );
    const { databases, notes } = await planned(node.side("source"), "shop", "shop_moved");
    expect(notes.join("\n")).toContain("shop: event triggers (watching) are not moved");
    const [moved] = await move(migration(node.side("source")), databases);
    expect(differences(moved?.compared ?? [])).toEqual([]);
    const said = await ask(
      "shop_moved",
      `SELECT (SELECT string_agg(pubname || ' ' || pubowner::regrole, ', ' ORDER BY pubname) FROM pg_publication) AS publications,
         (SELECT count(*)::int FROM pg_event_trigger) AS triggers,
         (SELECT string_agg(nspname || ' ' || nspowner::regrole, ', ' ORDER BY nspname) FROM pg_namespace WHERE nspname ~ 'declared|ext') AS schemas,
         (SELECT string_agg(DISTINCT relowner::regrole::text, ', ') FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS owners,
         pg_get_userbyid(datdba) AS owner, has_database_privilege('guest', datname, 'CONNECT') AS guest,
         has_database_privilege('hostile_owner', datname, 'CONNECT') AS others
       FROM pg_database WHERE datname = current_database()`,
    );
    expect(said).toEqual([
      {
        publications: "all; -- postgres, of_orders keeper, of_schema postgres",
        triggers: 0,
        schemas: "declared keeper, ext keeper, more declared guest",
        ...{ owners: "keeper", owner: "keeper", guest: true, others: false },
      },
    ]);
  });
});
