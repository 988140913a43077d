import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { replicaSchema } from "../../services";
import { alwaysOn, declared, named, secret } from "../testing";
import { PostgresReplica, type ReplicationEndpoint } from ".";

const run = () =>
  declared(
    () =>
      new PostgresReplica("db", {
        node: alwaysOn("desktop"),
        settings: replicaSchema.parse({ enabled: true, sharedBuffers: "1GB" }),
        primary: alwaysOn(),
        primaryPort: 5433,
        endpoint: pulumi.secret<ReplicationEndpoint>({
          ...{ password: "hush-4711", baseImage: "a.b/c/postgres:18", maxConnections: 70 },
          ...{
            settings: { jit: false },
            slotLimit: "3GB",
            networks: [],
            search: { efSearch: 70, iterativeScan: "off" },
          },
        }),
        clients: ["10.0.0.1", "10.0.0.2"],
        sshIdentity: undefined,
      }),
  );

interface File {
  path: string;
  content: string;
}
async function files(): Promise<Map<string, string>> {
  const unit = named(await run(), "db-unit");
  return new Map(
    (unit.inputs.files as File[]).map(({ path, content }) => [path.split("/").at(-1) ?? "", content]),
  );
}

describe("a PostgresReplica", () => {
  it("declares its children, and neither roles nor databases: those are its primary's", async () => {
    const all = await run();
    expect(all.map(({ name }) => name).sort()).toEqual([
      "db",
      "db-guard",
      "db-image",
      "db-replication-secret",
      "db-unit",
    ]);
    expect(named(all, "db").visible.placement).toEqual({
      ...{ node: "desktop", keeps: "persistent" },
      paths: ["/srv/homelab/postgres"],
    });
  });

  it("shows the password nowhere but in the secret", async () => {
    const all = await run();
    expect(named(all, "db-replication-secret").inputs.value).toBe("hush-4711");
    expect(named(all, "db-replication-secret").visible.value).toBe(secret);
    expect(JSON.stringify(all.map(({ visible }) => visible))).not.toContain("hush-4711");
    expect(JSON.stringify(named(all, "db-unit").inputs)).not.toContain("hush-4711");
  });

  it("has storage's parameters where both must agree, and its own sizes", async () => {
    const conf = await files();
    expect(conf.get("postgresql.conf")).toContain("max_connections = 70\n");
    expect(conf.get("postgresql.conf")).toContain("shared_buffers = '1GB'\n");
    expect(conf.get("reload.conf")).toContain("jit = off\n");
    expect(conf.get("reload.conf")).toContain("hnsw.ef_search = 70\n");
    expect(conf.get("reload.conf")).toContain("max_slot_wal_keep_size = '3GB'\n");
    expect(conf.get("reload.conf")).toMatch(/primary_conninfo = 'host=10\.0\.0\.1 port=5433 /);
    // Promoted, it is alone: a commit that waited for storage would wait for ever.
    expect(conf.get("reload.conf")).toContain("synchronous_standby_names = ''\n");
    expect(conf.get("pair.env")).toContain(
      "SELF=desktop\nORIGIN=copy\nPEER=storage\nPEER_ADDRESS=10.0.0.1\n",
    );
    expect(conf.get("pg_hba.conf")).toMatch(/^host +replication +replicator +10\.0\.0\.1\/32/m);
  });

  it("has the image that storage's is built from, and its guard after it", async () => {
    const all = await run();
    expect(named(all, "db-image").inputs.containerfile).toMatch(/^FROM a\.b\/c\/postgres:18\n/);
    expect(named(all, "db-guard").dependsOn).toContain("db-unit");
    expect([...named(all, "db-unit").dependsOn].sort()).toEqual(["db-image", "db-replication-secret"]);
  });
});
