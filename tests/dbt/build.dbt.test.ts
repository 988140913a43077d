import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrate, Search } from "../../packages/search";
import { document, fromDesktop } from "../search/support";
import { lab, onNode } from "../support/lab";
import { byHand, dsnOf, psql } from "../support/services";
import { ChangedConfig, handedOut, up, well } from "../support/stack";

const root = join(__dirname, "../..");
const config = new ChangedConfig("storage");
const conversation = randomUUID();

/** A role for dbt, its own schema, and the sight of what the agents wrote. */
const changed = () =>
  config.with([
    [["homelab:postgres", "roles"], { agent: {}, system: {}, ksh3: { superuser: true }, dbt: {} }],
    [
      ["homelab:postgres", "databases"],
      {
        agent_gateway: {
          owner: "agent",
          extensions: ["vector"],
          connect: ["dbt"],
          schemas: { analytics: { owner: "dbt" } },
          grants: [
            { role: "dbt", schema: "search", on: "schema", privileges: ["USAGE"] },
            { role: "dbt", schema: "search", on: "tables", privileges: ["SELECT"] },
          ],
        },
        dagster: { owner: "system" },
        mlflow: { owner: "system" },
      },
    ],
  ]);

/** dbt on desktop; the password goes by standard input into the environment of that one process. */
const dbt = (password: string, ...args: string[]): string =>
  onNode(
    "desktop",
    `IFS= read -r DBT_ENV_SECRET_POSTGRES_PASSWORD; export DBT_ENV_SECRET_POSTGRES_PASSWORD; cd /root/dbt &&
     PYTHONPATH=/opt/dbt DBT_PROFILES_DIR=/root/dbt exec python3 -m dbt.cli.main --no-use-colors ${args.join(" ")}`,
    `${password}\n`,
  );

describe("dbt on desktop, with compute off", () => {
  let dsn: string;
  let password: string;

  beforeAll(async () => {
    const storage = handedOut();
    const tunnel = await fromDesktop(storage.POSTGRES_HOST, storage.POSTGRES_PORT);
    const agent = tunnel.dsn(dsnOf(storage, "agent", "agent_gateway"));
    const client = new Client({ connectionString: agent });
    await client.connect();
    await migrate(client);
    await client.end();
    const search = new Search({ dsn: agent, timeout: 60_000 });
    await search.store({
      documents: [document(conversation, "a document")],
      messages: ["hello", "good day"].map((content, position) => ({
        ...{ correlationId: conversation, position, content },
        role: position === 0 ? ("user" as const) : ("assistant" as const),
      })),
      metadata: [{ correlationId: conversation, attributes: { channel: "mail" } }],
    });
    await search.close();
    tunnel.close();

    const topology = config.topology(() => undefined);
    well(up("storage", ...changed()));
    dsn = dsnOf(handedOut(), "dbt", "agent_gateway");
    password = new URL(dsn).password;
    const profile = execFileSync(
      join(root, "cli/homelab.cjs"),
      ["dbt", "profile", "--role", "dbt", "--database", "agent_gateway", "--topology", topology],
      { encoding: "utf8", cwd: dirname(topology) },
    );
    expect(profile).not.toContain(password);
    const project = execFileSync("tar", ["-C", join(root, "examples"), "-c", "dbt"], { encoding: "base64" });
    onNode("desktop", "rm -rf /root/dbt && base64 -d | tar -C /root -x", project);
    onNode("desktop", "cat >/root/dbt/profiles.yml", profile);
    lab("node", "stop", "compute");
  });
  afterAll(() => {
    lab("node", "start", "compute");
    onNode("desktop", "rm -rf /root/dbt");
    byHand("agent_gateway", "DROP SCHEMA IF EXISTS analytics CASCADE");
    well(up("storage"));
    config.remove();
  });

  it("seeds, runs and tests the example, and again", () => {
    for (const round of ["seed", "run", "test", "build"])
      expect(dbt(password, round)).toMatch(/ERROR=0 SKIP=0/);
    expect(
      psql(
        "desktop",
        dsn,
        `SELECT kind, messages FROM analytics.conversations WHERE correlation_id = '${conversation}'`,
      ),
    ).toBe("person|2");
  });

  it("leaves the password in no file of the project, log and profile included", () => {
    expect(
      onNode(
        "desktop",
        'IFS= read -r it; ! grep -rF -e "$it" /root/dbt && ls /root/dbt/logs/dbt.log',
        `${password}\n`,
      ),
    ).toContain("dbt.log");
  });

  it("may write in its own schema and nowhere else", () => {
    for (const table of ["public.t", "search.t"])
      expect(() => psql("desktop", dsn, `CREATE TABLE ${table} ()`)).toThrow();
    expect(() => psql("desktop", dsn, "DELETE FROM search.messages")).toThrow();
  });

  it("is refused with PostgreSQL's own sentence where the password is missing", () => {
    expect(() => dbt("", "run")).toThrow();
    expect(onNode("desktop", "cd /root/dbt && tail -c 4000 logs/dbt.log")).toContain("no password supplied");
  });
});
