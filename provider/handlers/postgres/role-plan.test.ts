import { describe, expect, it } from "vitest";
import { compareRole, roleInputs, type RoleFacts } from "./role-plan";
import { listItems, settingChanges } from "./settings";
import { scramVerifier } from "../../../packages/postgres/scram";

const inputs = roleInputs.parse({
  server: {
    connection: { node: "storage", host: "192.0.2.1", port: 22, user: "root", hostKey: "ssh-ed25519 AAAA" },
    ...{ port: 5432, user: "postgres", password: "secret" },
  },
  ...{ name: "agent", password: "it's mine" },
});

const asDeclared = {
  ...{ login: true, superuser: false, createDatabase: false, createRole: false, inherit: true },
  ...{ replication: false, bypassRls: false, connectionLimit: -1, expires: null },
  ...{ verifier: scramVerifier("it's mine"), memberOf: [], settings: [] },
  comment: "[managed by homelab]",
};
const member = { role: "team", grantor: "boss", admin: false, inherit: true, set: true };
const facts = (more: object = {}, version = 180_000): RoleFacts => ({
  version,
  role: { ...asDeclared, ...more },
});
const planned = (declared: object, found: RoleFacts) =>
  compareRole({ ...inputs, ...declared }, found).map((change) => [
    change.says.replace("role agent on storage", "agent"),
    ...change.sql.map((sql) => sql.replace('ALTER ROLE "agent" ', "")),
  ]);

describe("what a role lacks, and what gives it", () => {
  it.each<[string, object, RoleFacts, string[][]]>([
    ["nothing", {}, facts(), []],
    [
      "itself",
      {},
      { version: 1, role: null },
      [
        [
          "agent is missing",
          'CREATE ROLE "agent" LOGIN',
          `COMMENT ON ROLE "agent" IS '[managed by homelab]'`,
        ],
      ],
    ],
    [
      "a mark, beside what a person wrote",
      {},
      facts({ comment: "Ada's" }),
      [
        [
          "agent bears no mark of this program yet",
          `COMMENT ON ROLE "agent" IS 'Ada''s [managed by homelab]'`,
        ],
      ],
    ],
    ["modesty", {}, facts({ superuser: true }), [["agent: superuser is on, declared off", "NOSUPERUSER"]]],
    ["power", { superuser: true }, facts(), [["agent: superuser is off, declared on", "SUPERUSER"]]],
    [
      "replication",
      { replication: true },
      facts(),
      [["agent: replication is off, declared on", "REPLICATION"]],
    ],
    [
      "no replication",
      {},
      facts({ replication: true }),
      [["agent: replication is on, declared off", "NOREPLICATION"]],
    ],
    ["nothing, being a superuser", { superuser: true }, facts({ superuser: true, bypassRls: true }), []],
    [
      "membership, from version 16 on with its options",
      { memberOf: ["team"] },
      facts(),
      [
        [
          "agent: is not a member of team, declared so",
          'GRANT "team" TO "agent" WITH INHERIT TRUE, SET TRUE',
        ],
      ],
    ],
    [
      "membership, before version 16",
      { memberOf: ["team"] },
      facts({}, 150_000),
      [["agent: is not a member of team, declared so", 'GRANT "team" TO "agent"']],
    ],
    [
      "distance",
      {},
      facts({ memberOf: [member] }),
      [["agent: is a member of team, not declared", 'REVOKE "team" FROM "agent" GRANTED BY "boss" CASCADE']],
    ],
    [
      "inheritance",
      { memberOf: ["team"] },
      facts({ memberOf: [{ ...member, inherit: false }] }),
      [
        [
          "agent: its membership of team lacks INHERIT or SET",
          'REVOKE "team" FROM "agent" GRANTED BY "boss" CASCADE',
          'GRANT "team" TO "agent" WITH INHERIT TRUE, SET TRUE',
        ],
      ],
    ],
    [
      "nothing, being only the administrator of a role that it made",
      { createRole: true },
      facts({ createRole: true, memberOf: [{ ...member, admin: true, inherit: false, set: false }] }),
      [],
    ],
  ])("%s", (_lacks, declared, found, plan) => {
    expect(planned(declared, found)).toEqual(plan);
  });

  it("sets a password by its verifier, never by itself", () => {
    const [change] = compareRole(inputs, facts({ verifier: null }));
    expect(change?.says).toBe("role agent on storage: has no password");
    expect(change?.sql).toEqual([
      expect.stringMatching(/^ALTER ROLE "agent" PASSWORD 'SCRAM-SHA-256\$4096:/),
    ]);
    expect(JSON.stringify(change)).not.toContain("mine");
  });
});

describe("settings", () => {
  it.each<[string, string[]]>([
    ['"$user", public', ["$user", "public"]],
    ['Public,"Odd, ""one"""', ["public", 'Odd, "one"']],
    ["", []],
  ])("lists are read as PostgreSQL reads them: %s", (text, items) => {
    expect(listItems(text)).toEqual(items);
  });

  it.each<[string, string, string]>([
    ["search_path", 'app, "B\'s"', `ALTER SET "search_path" = 'app', 'B''s'`],
    ["work_mem", "8MB'; DROP ROLE x; --", `ALTER SET "work_mem" = '8MB''; DROP ROLE x; --'`],
    ["my.own", "a, b", `ALTER SET "my"."own" = 'a, b'`],
  ])("%s = %s is set with each value as a literal", (name, value, sql) => {
    expect(settingChanges({ [name]: value }, [], "ALTER", "x").flatMap((change) => change.sql)).toEqual([
      sql,
    ]);
  });

  it("a list spelt otherwise is the same list", () => {
    const found = [{ database: null, entries: ['search_path="$user", public'] }];
    expect(settingChanges({ search_path: '"$user",PUBLIC' }, found, "ALTER", "x")).toEqual([]);
  });
});
