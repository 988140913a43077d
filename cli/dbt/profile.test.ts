import { join } from "node:path";
import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { postgresSchema } from "../../services";
import { loadTopology } from "../../topology";
import { profileText } from "./profile";

const topology = loadTopology(join(__dirname, "../../tests/fixtures/topology.yaml"));
const postgres = postgresSchema.parse({
  port: 5433,
  roles: { agent: {}, dbt: {}, ada: { superuser: true }, two: {}, out: {} },
  databases: {
    notes: {
      owner: "agent",
      connect: ["dbt", "two"],
      schemas: { analytics: { owner: "dbt" }, a: { owner: "two" }, b: { owner: "two" } },
    },
  },
});
const profile = (more: object = {}) =>
  profileText(
    { role: "dbt", database: "notes", name: "homelab", threads: 4, ...more },
    { postgres },
    topology,
  );

describe("a dbt profile", () => {
  it("leads to storage, to the schema that the role owns, and holds no password", () => {
    expect(parse(profile())).toEqual({
      homelab: {
        target: "storage",
        outputs: {
          storage: {
            ...{ type: "postgres", host: topology.nodes.storage.address, port: 5433, user: "dbt" },
            password: "{{ env_var('DBT_ENV_SECRET_POSTGRES_PASSWORD', '') }}",
            ...{ dbname: "notes", schema: "analytics", threads: 4 },
            ...{ connect_timeout: 10, retries: 3, keepalives_idle: 30 },
          },
        },
      },
    });
  });

  it("takes another schema, name and number of threads", () => {
    expect(parse(profile({ schema: "mine", name: "toy", threads: 1, role: "two" }))).toMatchObject({
      toy: { outputs: { storage: { schema: "mine", threads: 1, user: "two" } } },
    });
  });

  it.each([
    [{ database: "gone" }, "homelab:postgres.databases has no gone: it has notes."],
    [{ role: "gone" }, "homelab:postgres.roles has no gone: it has agent, dbt, ada, two, out."],
    [{ role: "ada" }, "ada is a superuser: whatever others have put into notes would run with its rights"],
    [{ role: "out" }, "out may not connect to notes: add it to homelab:postgres.databases.notes.connect."],
    [
      { role: "agent" },
      "agent owns no schema in notes: declare one, homelab:postgres.databases.notes.schemas",
    ],
    [{ role: "two" }, "two owns several schemas in notes (a, b): name one by --schema."],
  ])("is refused with a sentence for %j", (choice, sentence) => {
    expect(() => profile(choice)).toThrow(sentence);
  });
});
