import { existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { within } from "../../../packages/migration/access";
import { fingerprint } from "../../../packages/migration/fingerprint";
import { hostileDatabase, hostileOwner, hostileSettings, traps } from "../../../tests/support/hostile";
import { Sessions } from "../../../packages/postgres/connect";
import { databaseHandler } from "./database";
import { databaseInputs } from "./database-plan";
import { extensionHandler, extensionInputs } from "./extension";
import { grantHandler } from "./grant";
import { grantInputs } from "./grant-plan";
import { openLocally, startCluster, type Cluster } from "../../../packages/postgres/testing";
import { listening } from "./testing";

/** A database whose owner has set traps for every superuser's session in it. */
const caught = join(tmpdir(), `homelab-caught-${process.pid}`);
const sessions = new Sessions(openLocally, { idle: 0 });
let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
  for (const statement of [...hostileDatabase("hostile"), "CREATE ROLE guest LOGIN"]) {
    await cluster.query("postgres", statement);
  }
  await cluster.query("hostile", `SET SESSION AUTHORIZATION ${hostileOwner};\n${traps(caught)}`);
  for (const statement of hostileSettings("hostile")) await cluster.query("postgres", statement);
});
afterAll(async () => {
  await sessions.close();
  await cluster.stop();
  rmSync(caught, { force: true });
});

it("a hostile owner's traps catch a superuser who steps into one", async () => {
  await cluster.query(
    "hostile",
    "SET role = none; SET statement_timeout = 0; SELECT items::text FROM public.items",
  );
  expect(readFileSync(caught, "utf8")).toContain("cast of a row as postgres");
  rmSync(caught);
});

it("databases, grants and extensions are compared and put right without stepping into one", async () => {
  const { server } = cluster;
  const ctx = listening();
  const database = databaseInputs.parse({
    ...{ server, name: "hostile", owner: hostileOwner, connect: ["guest"] },
    adopt: true,
  });
  const databases = databaseHandler(sessions);
  await databases.apply(database, ctx, undefined);
  expect(await databases.drift(database, ctx, {})).toEqual([]);
  const grants = grantHandler(sessions);
  for (const on of ["schema", "tables", "sequences"] as const) {
    const privileges = on === "schema" ? ["USAGE"] : ["SELECT"];
    const grant = grantInputs.parse({
      server,
      database: "hostile",
      schema: "public",
      role: "guest",
      on,
      privileges,
    });
    await grants.apply(grant, ctx, undefined);
    expect(await grants.drift(grant, ctx, {})).toEqual([]);
    await grants.remove(grant, ctx);
  }
  const extensions = extensionHandler(sessions);
  for (const name of ["citext", "hstore", "pg_trgm"]) {
    const extension = extensionInputs.parse({ server, database: "hostile", name });
    await extensions.apply(extension, ctx, undefined);
    expect(await extensions.drift(extension, ctx, {})).toEqual([]);
  }
  expect(existsSync(caught) ? readFileSync(caught, "utf8") : "").toBe("");
});

it("an extension is where it was declared, and no schema is left behind", async () => {
  const task = { server: cluster.server, database: "hostile", subject: "it", signal: listening().signal };
  const schemas = await sessions.use(task, (session) =>
    session.rows(
      z.object({ schema: z.string() }),
      `SELECT DISTINCT n.nspname AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname <> 'plpgsql'
       UNION ALL SELECT nspname FROM pg_namespace WHERE nspname ~ '^homelab'`,
    ),
  );
  expect(schemas).toEqual([{ schema: "public" }]);
});

it("what a database holds is read for a migration without calling the owner's casts", async () => {
  const stream = () =>
    openLocally(cluster.server.connection, "127.0.0.1", cluster.server.port, listening().signal);
  const side = {
    ...({ role: "source", through: cluster.server.connection, signal: listening().signal, stream } as const),
    server: { host: "127.0.0.1", database: "postgres", ...cluster.server },
  };
  const found = await within(side, "hostile", (session) => fingerprint([session]));
  expect(found.tables["public.items"]?.rows).toBe("100");
  expect(existsSync(caught) ? readFileSync(caught, "utf8") : "").not.toMatch(
    /cast|operator|policy|view|rule/,
  );
});
