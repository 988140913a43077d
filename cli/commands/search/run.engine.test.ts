import { existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startCluster, type Cluster } from "../../../packages/postgres/testing";
import { dimensions, refuseMoreThanOwner, Search } from "../../../packages/search";
import { hostileDatabase, hostileOwner, traps } from "../../../tests/support/hostile";
import { search } from "./run";

const caught = join(tmpdir(), `homelab-search-caught-${process.pid}`);
const searches: Search[] = [];
let cluster: Cluster;
const dsnOf = (user: string, password: string) =>
  `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${cluster.server.port}/hostile`;
const superuser = () => dsnOf("postgres", cluster.server.password);

/** As the owner: in the places that a search reads and writes. */
const inSearch = `
create schema search;
create sequence search.revision;
create view search.documents as select public.trap('documents') as id;
create view search.messages as select public.trap('messages') as correlation_id;
create view search.metadata as select public.trap('metadata') as correlation_id;
create view search.copies as select public.trap('copies')::text as collection, 0::bigint as watermark, 0::bigint as points,
  now() as synced_at;
`;

describe("a search in a database whose owner wants to be superuser", () => {
  beforeAll(async () => {
    cluster = await startCluster();
    for (const statement of [
      ...hostileDatabase("hostile"),
      `alter role ${hostileOwner} password 'owner'`,
      "create role shell login password 'shell' in role pg_execute_server_program",
    ])
      await cluster.query("postgres", statement);
    await cluster.query("hostile", `set session authorization ${hostileOwner};\n${traps(caught)}${inSearch}`);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await Promise.all(searches.map((one) => one.close()));
    await cluster.stop();
    rmSync(caught, { force: true });
  });

  it("would be caught with a superuser's rights", async () => {
    await cluster.query("hostile", "select id from search.documents");
    expect(readFileSync(caught, "utf8")).toContain("documents as postgres");
    rmSync(caught);
  });

  it.each(["status", "migrate"] as const)("refuses a superuser's connection to `%s`", async (verb) => {
    vi.stubEnv("POSTGRES_DSN", superuser());
    await expect(search(verb, "json")).rejects.toThrow(
      /^The connection string logs in as postgres, a superuser: /,
    );
    expect(existsSync(caught)).toBe(false);
  });

  it("refuses it to a program that searches or stores", async () => {
    // Now names without their schema are the owner's, too.
    await cluster.query("postgres", "alter database hostile set search_path = public, pg_catalog");
    const one = new Search({ dsn: superuser() });
    searches.push(one);
    const embedding = Array<number>(dimensions).fill(0.5);
    await expect(one.search({ embedding, k: 1 })).rejects.toThrow(/as postgres, a superuser/);
    await expect(one.store({ documents: [], messages: [], metadata: [] })).rejects.toThrow(
      /as postgres, a superuser/,
    );
    expect(existsSync(caught)).toBe(false);
  });

  it.each([
    ["shell", "shell", /as shell, a member of pg_execute_server_program/],
    [hostileOwner, "owner", undefined],
  ])("asked as %s says whether it may", async (user, password, refusal) => {
    const client = new Client({ connectionString: dsnOf(user, password) });
    await client.connect();
    try {
      const asked = refuseMoreThanOwner(client);
      if (refusal === undefined) await expect(asked).resolves.toBeUndefined();
      else await expect(asked).rejects.toThrow(refusal);
    } finally {
      await client.end();
    }
  });
});
