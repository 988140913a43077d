import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { databaseInputs } from "./database-plan";
import { extensionInputs } from "./extension";
import { grantInputs } from "./grant-plan";
import { migrationInputs } from "./migration";
import { roleInputs } from "./role-plan";

const server = {
  connection: { node: "storage", host: "192.0.2.1", port: 22, user: "root", hostKey: "ssh-ed25519 AAAA" },
  ...{ port: 5432, user: "postgres", password: "secret" },
};
const role = { server, name: "agent", password: "secret" };
const database = { server, name: "dagster", owner: "system" };
const extension = { server, database: "dagster", name: "vector" };
const grant = {
  server,
  database: "dagster",
  role: "agent",
  schema: "public",
  on: "tables",
  privileges: ["SELECT"],
};
const source = { host: "127.0.0.1", port: 5433, user: "postgres", password: "secret", database: "postgres" };
const target = { connection: server.connection, port: 5432 };
const migration = {
  ...{ server: target, migration: "old-shop", source, databases: [{ from: 'Old "Shop"; --', to: "shop" }] },
};

describe("inputs are refused before any connection is made:", () => {
  it.each<[string, string, z.ZodType, object]>([
    ["name", '"Agent" is not an identifier', roleInputs, { ...role, name: "Agent" }],
    ["name", "is not an identifier", roleInputs, { ...role, name: 'a"; DROP ROLE postgres; --' }],
    ["name", "63 characters at most", roleInputs, { ...role, name: "a".repeat(64) }],
    ["name", "not starting with a digit", roleInputs, { ...role, name: "1st" }],
    ["name", "is not an identifier", roleInputs, { ...role, name: "agent\n" }],
    ["name", "a word of PostgreSQL", roleInputs, { ...role, name: "public" }],
    ["name", "starts with pg_", roleInputs, { ...role, name: "pg_agent" }],
    ["name", "the user that Pulumi connects as", roleInputs, { ...role, name: "postgres" }],
    ["password", "must be printable ASCII", roleInputs, { ...role, password: "pässword" }],
    ["password", "must be printable ASCII", roleInputs, { ...role, password: "" }],
    ["memberOf.0", '"a b" is not an identifier', roleInputs, { ...role, memberOf: ["a b"] }],
    ["settings.work mem", "not a parameter's name", roleInputs, { ...role, settings: { "work mem": "1" } }],
    ["", "superUser", roleInputs, { ...role, superUser: true }],
    ["migration", "small letters, digits and dashes", migrationInputs, { ...migration, migration: "../x" }],
    [
      "databases.0.to",
      "is not an identifier",
      migrationInputs,
      { ...migration, databases: [{ from: "a", to: 'a"b' }] },
    ],
    ["databases", "", migrationInputs, { ...migration, databases: [] }],
    ["owners.old", "is not an identifier", migrationInputs, { ...migration, owners: { old: "a b" } }],
    ["workDirectory", "absolute path", migrationInputs, { ...migration, workDirectory: "/srv/../etc" }],
    ["workDirectory", "absolute path", migrationInputs, { ...migration, workDirectory: "/srv/a b" }],
    ["server", "password", migrationInputs, { ...migration, server }],
    ["name", '"da-gster" is not an identifier', databaseInputs, { ...database, name: "da-gster" }],
    ["name", "PostgreSQL's own", databaseInputs, { ...database, name: "template1" }],
    ["owner", "a word of PostgreSQL", databaseInputs, { ...database, owner: "none" }],
    ["connect.0", "a word of PostgreSQL", databaseInputs, { ...database, connect: ["public"] }],
    ["name", "not an extension's name", extensionInputs, { ...extension, name: 'vector"' }],
    ["version", "is not a version", extensionInputs, { ...extension, version: "1'; --" }],
    ["schema", "is not an identifier", extensionInputs, { ...extension, schema: "Pub" }],
    ["privileges", '"USAGE": on tables there are DELETE', grantInputs, { ...grant, privileges: ["USAGE"] }],
    ["privileges", '"select": on tables there are DELETE', grantInputs, { ...grant, privileges: ["select"] }],
    [
      "privileges",
      "the database owner's alone",
      grantInputs,
      { ...grant, on: "schema", privileges: ["CREATE"] },
    ],
    ["role", "is not an identifier", grantInputs, { ...grant, role: "PUBLIC" }],
    ["server.port", ">=1", grantInputs, { ...grant, server: { ...server, port: 0 } }],
  ])("%s: %s", (path, sentence, schema, inputs) => {
    const issues = schema.safeParse(inputs).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join("."))).toContain(path);
    expect(issues.map((issue) => issue.message).join("\n")).toContain(sentence);
    expect(JSON.stringify(issues)).not.toContain("pässword");
  });

  it("what is left out gets its default, and order and repetition in lists mean nothing", () => {
    expect(roleInputs.parse({ ...role, memberOf: ["b", "a", "b"] })).toEqual({
      ...role,
      ...{
        adopt: false,
        superuser: false,
        createDatabase: false,
        createRole: false,
        replication: false,
        memberOf: ["a", "b"],
        settings: {},
      },
    });
    expect(databaseInputs.parse({ ...database, connect: ["system", "agent"] }).connect).toEqual(["agent"]);
    expect(extensionInputs.parse(extension)).toEqual({ ...extension, schema: "public" });
    expect(grantInputs.parse({ ...grant, privileges: ["UPDATE", "SELECT"] }).privileges).toEqual([
      "SELECT",
      "UPDATE",
    ]);
  });
});
