import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Sessions } from "../../../packages/postgres/connect";
import { grantHandler } from "./grant";
import { grantInputs, type GrantInputs } from "./grant-plan";
import { openLocally, startCluster, type Cluster } from "../../../packages/postgres/testing";
import { listening } from "./testing";

let cluster: Cluster;
const sessions = new Sessions(openLocally);
const handler = grantHandler(sessions);
const secret = "secret";

beforeAll(async () => {
  cluster = await startCluster();
  const roles = ["owner", "reader", "other"].map((r) => `CREATE ROLE ${r} LOGIN PASSWORD '${secret}'`);
  await cluster.query("postgres", roles.join("; "));
  await cluster.query("postgres", "CREATE DATABASE work OWNER owner");
});
afterAll(async () => {
  await sessions.close();
  await cluster.stop();
});
beforeEach(async () => {
  await sql(`DROP SCHEMA IF EXISTS app CASCADE; DROP ROLE IF EXISTS maker; CREATE ROLE maker;
    CREATE SCHEMA app AUTHORIZATION owner; GRANT ALL ON SCHEMA app TO maker; SET ROLE owner;
    CREATE TABLE app.a (id int); CREATE TABLE app."B's" (id int, x int); CREATE VIEW app.v AS SELECT 1;
    CREATE SEQUENCE app.s`);
});

const grant = (on: string, privileges: string[], more: object = {}): GrantInputs =>
  grantInputs.parse({
    ...{ server: cluster.server, database: "work", role: "reader", schema: "app" },
    ...{ on, privileges, ...more },
  });
const drift = (inputs: GrantInputs) => handler.drift(inputs, listening(), {});
const apply = (inputs: GrantInputs) => handler.apply(inputs, listening(), undefined);
const sql = (text: string) => cluster.query("work", text);
const as = (user: string, text: string) => cluster.query("work", text, { user, password: secret });
const said = (rest: string) => `role reader in database work on storage: ${rest}`;

describe("a grant", () => {
  it("is missing on present and future tables, is given, and works on both", async () => {
    const read = grant("tables", ["SELECT", "INSERT"]);
    expect(await drift(read)).toEqual([
      said("lacks INSERT and SELECT on tables of app: B's, a and v"),
      said("will lack INSERT and SELECT on future tables of app made by owner"),
    ]);
    await apply(grant("schema", ["USAGE"]));
    await apply(read);
    expect(await drift(read)).toEqual([]);
    await as("owner", "CREATE TABLE app.later (id int)");
    expect(await drift(read)).toEqual([]);
    await as("reader", 'INSERT INTO app.later VALUES (1); SELECT * FROM app."B\'s"');
    await expect(as("reader", "DELETE FROM app.later")).rejects.toThrow("permission denied");
  });

  it.each([
    ["REVOKE SELECT ON app.a FROM reader", "lacks SELECT on tables of app: a"],
    ["GRANT DELETE ON app.a, app.v TO reader", "has DELETE, not declared, on tables of app: a and v"],
    [
      "GRANT SELECT ON app.a TO reader WITH GRANT OPTION",
      "has SELECT WITH GRANT OPTION, not declared, on tables of app: a",
    ],
    [
      'GRANT UPDATE (x) ON app."B\'s" TO reader',
      "has rights on single columns, not declared, on tables of app: B's",
    ],
    ["CREATE TABLE app.foreign_made ()", "lacks SELECT on tables of app: foreign_made"],
    [
      "ALTER DEFAULT PRIVILEGES FOR ROLE owner IN SCHEMA app REVOKE SELECT ON TABLES FROM reader",
      "will lack SELECT on future tables of app made by owner",
    ],
    [
      "ALTER DEFAULT PRIVILEGES FOR ROLE owner IN SCHEMA app GRANT DELETE ON TABLES TO reader",
      "will have DELETE, not declared, on future tables of app made by owner",
    ],
    [
      "ALTER DEFAULT PRIVILEGES FOR ROLE maker IN SCHEMA app GRANT SELECT ON TABLES TO reader",
      "will have SELECT, not declared, on future tables of app made by maker",
    ],
    [
      `GRANT DELETE ON app.a TO other WITH GRANT OPTION; SET ROLE other; GRANT DELETE ON app.a TO reader`,
      "has DELETE, not declared, on tables of app: a",
    ],
  ])("on tables, changed by hand with %s is seen and put right", async (byHand, sentence) => {
    const read = grant("tables", ["SELECT"]);
    await sql("GRANT USAGE ON SCHEMA app TO other");
    await apply(read);
    await sql(byHand);
    expect(await drift(read)).toEqual([said(sentence)]);
    await apply(read);
    expect(await drift(read)).toEqual([]);
  });

  it.each([
    ["schema", ["USAGE"], "GRANT CREATE ON SCHEMA app TO reader", "has CREATE, not declared, on schema app"],
    ["schema", ["USAGE"], "REVOKE USAGE ON SCHEMA app FROM reader", "lacks USAGE on schema app"],
    ["sequences", ["USAGE"], "REVOKE USAGE ON app.s FROM reader", "lacks USAGE on sequences of app: s"],
    ["sequences", [], "GRANT UPDATE ON app.s TO reader", "has UPDATE, not declared, on sequences of app: s"],
  ])("on %s %j, changed by hand with %s is seen and put right", async (on, privileges, byHand, sentence) => {
    const inputs = grant(on, privileges);
    await apply(inputs);
    await sql(byHand);
    expect(await drift(inputs)).toEqual([said(sentence)]);
    await apply(inputs);
    expect(await drift(inputs)).toEqual([]);
  });

  it("leaves out what the role owns itself, and what other roles hold", async () => {
    await sql("GRANT DELETE ON app.a TO other; ALTER TABLE app.a OWNER TO reader");
    await apply(grant("tables", ["SELECT"]));
    expect(await drift(grant("tables", ["SELECT"]))).toEqual([]);
    await sql("ALTER TABLE app.a OWNER TO owner");
    await sql("SET ROLE other; DELETE FROM app.v WHERE false").catch(() => undefined);
    const [held] = await cluster.query<{ may: boolean }>(
      "work",
      "SELECT has_table_privilege('other', 'app.a', 'DELETE') AS may",
    );
    expect(held?.may).toBe(true);
  });

  it("is not touched by a second apply", async () => {
    await apply(grant("tables", ["SELECT"]));
    const logged = cluster.log().length;
    await apply(grant("tables", ["SELECT"]));
    expect(cluster.log().slice(logged)).not.toMatch(/statement: .*(ALTER|GRANT|REVOKE)/);
  });

  it("is taken back on removal, and again does nothing, also when schema or database are gone", async () => {
    await apply(grant("tables", ["SELECT"]));
    await handler.remove(grant("tables", ["SELECT"]), listening());
    await handler.remove(grant("tables", ["SELECT"]), listening());
    expect(await drift(grant("tables", []))).toEqual([]);
    await handler.remove(grant("tables", ["SELECT"], { schema: "gone" }), listening());
    await handler.remove(grant("tables", ["SELECT"], { role: "gone" }), listening());
    await handler.remove(grant("tables", ["SELECT"], { database: "gone" }), listening());
  });

  it.each([
    [{ role: "nobody" }, "role nobody in database work on storage: the role is missing"],
    [{ schema: "nowhere" }, "role reader in database work on storage: schema nowhere is missing"],
  ])("about %j says what is missing, when looking and when applying", async (more, sentence) => {
    expect(await drift(grant("tables", ["SELECT"], more))).toEqual([sentence]);
    await expect(apply(grant("tables", ["SELECT"], more))).rejects.toThrow(sentence.replace(/^.*: /, ""));
  });

  it("given twenty at once, from two processes, all arrive", async () => {
    const other = new Sessions(openLocally);
    const roles = Array.from({ length: 20 }, (_, i) => `crowd${i}`);
    await sql(roles.map((r) => `CREATE ROLE ${r}`).join("; "));
    const handlers = [handler, grantHandler(other)];
    const all = roles.map((role) => grant("tables", ["SELECT", "UPDATE"], { role }));
    // A third party who knows nothing of our lock works on the same rows.
    const noise = Array.from({ length: 10 }, (_, i) => sql(`GRANT SELECT ON app.a TO other; SELECT ${i}`));
    const quiet = Promise.allSettled(noise);
    await Promise.all(
      all.flatMap((inputs) => handlers.map((one) => one.apply(inputs, listening(), undefined))),
    );
    await quiet;
    expect((await Promise.all(all.map(drift))).flat()).toEqual([]);
    await other.close();
  });
});
