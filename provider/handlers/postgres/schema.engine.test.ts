import { afterAll, beforeAll, expect, it } from "vitest";
import { Sessions } from "../../../packages/postgres/connect";
import { openLocally, startCluster, type Cluster } from "../../../packages/postgres/testing";
import { grantHandler } from "./grant";
import { grantInputs } from "./grant-plan";
import { schemaHandler, schemaInputs, type SchemaInputs } from "./schema";
import { listening } from "./testing";

let cluster: Cluster;
const sessions = new Sessions(openLocally, { idle: 0 });
const handler = schemaHandler(sessions);
const secret = "secret";

beforeAll(async () => {
  cluster = await startCluster();
  const roles = ["owner", "dbt", "reader"].map((r) => `CREATE ROLE ${r} LOGIN PASSWORD '${secret}'`);
  await cluster.query("postgres", roles.join("; "));
  await cluster.query("postgres", "CREATE DATABASE work OWNER owner");
});
afterAll(async () => {
  await sessions.close();
  await cluster.stop();
});

const schema = (name: string, more: object = {}): SchemaInputs =>
  schemaInputs.parse({ server: cluster.server, database: "work", name, owner: "dbt", ...more });
const drift = (inputs: SchemaInputs) => handler.drift(inputs, listening(), {});
const apply = (inputs: SchemaInputs, previous?: SchemaInputs) => handler.apply(inputs, listening(), previous);
const sql = (text: string) => cluster.query("work", text);
const as = (user: string, text: string) => cluster.query("work", text, { user, password: secret });

it("a schema is missing, is made, and its owner creates there and nowhere else", async () => {
  const analytics = schema("analytics");
  expect(await drift(analytics)).toEqual(["schema analytics in database work on storage is missing"]);
  await apply(analytics);
  await apply(analytics, analytics);
  expect(await drift(analytics)).toEqual([]);
  await as("dbt", "CREATE TABLE analytics.t AS SELECT 1 AS n");
  await expect(as("dbt", "CREATE TABLE public.t ()")).rejects.toThrow("permission denied for schema public");
  await expect(as("dbt", "CREATE SCHEMA another")).rejects.toThrow("permission denied for database");
  await expect(as("reader", "SELECT * FROM analytics.t")).rejects.toThrow("permission denied for schema");
});

it("a schema that changed hands is seen and put right", async () => {
  const inputs = schema("changed");
  await apply(inputs);
  await sql("ALTER SCHEMA changed OWNER TO reader");
  expect(await drift(inputs)).toEqual([
    "schema changed in database work on storage: owner is reader, declared dbt",
  ]);
  await apply(inputs, inputs);
  expect(await drift(inputs)).toEqual([]);
});

it("somebody else's schema is refused, in a preview too, and nothing of it is changed", async () => {
  await sql("CREATE SCHEMA hers AUTHORIZATION reader");
  const sentence = /^schema hers in database work on storage is there already and belongs to reader/;
  await expect(apply(schema("hers"))).rejects.toThrow(/is there already and belongs to reader/);
  const planned = await handler.plan?.(schema("hers"), listening(), undefined);
  expect(planned?.errors).toEqual([expect.stringMatching(sentence)]);
  expect(await drift(schema("hers", { owner: "reader" }))).toEqual([]);
});

it("a preview of a schema says nothing while its database does not exist", async () => {
  const planned = await handler.plan?.(schema("any", { database: "later" }), listening(), undefined);
  expect(planned).toEqual({ notes: [], unmet: [], errors: [] });
});

it("a removed schema stays with its tables, and it is said how to drop it", async () => {
  await apply(schema("kept"));
  await as("dbt", "CREATE TABLE kept.t ()");
  const ctx = listening();
  await handler.remove(schema("kept"), ctx);
  expect(ctx.heard).toEqual([expect.stringContaining('DROP SCHEMA "kept" CASCADE;')]);
  await as("dbt", "SELECT * FROM kept.t");
});

it.each(["public", "information_schema", 'a"b'])("%s is refused as the name of one", (name) => {
  expect(() => schema(name)).toThrow();
});

it("a reader may read what the schema's owner makes later, as dbt makes its tables anew in each run", async () => {
  const grants = grantHandler(sessions);
  await apply(schema("marts"));
  const read = (on: string, privileges: string[]) =>
    grantInputs.parse({
      ...{ server: cluster.server, database: "work", role: "reader", schema: "marts" },
      ...{ on, privileges },
    });
  await grants.apply(read("schema", ["USAGE"]), listening(), undefined);
  await grants.apply(read("tables", ["SELECT"]), listening(), undefined);
  await as("dbt", "CREATE TABLE marts.later AS SELECT 7 AS n");
  expect(await as("reader", "SELECT n FROM marts.later")).toEqual([{ n: 7 }]);
  expect(await grants.drift(read("tables", ["SELECT"]), listening(), {})).toEqual([]);
  await grants.remove(read("tables", ["SELECT"]), listening());
  await as("dbt", "CREATE TABLE marts.after ()");
  await expect(as("reader", "SELECT * FROM marts.after")).rejects.toThrow("permission denied for table");
});
