import { describe, expect, it } from "vitest";
import { alwaysOn, declared, named, secret } from "../testing";
import { PostgresMigration } from ".";

const run = () =>
  declared(() => {
    new PostgresMigration("migration-old-shop", {
      migration: "old-shop",
      node: alwaysOn(),
      sshIdentity: "/key",
      source: { host: "127.0.0.1", user: "postgres", password: "of the source" },
      databases: [{ from: "Old Shop", to: "shop" }],
    });
  });

describe("a PostgresMigration", () => {
  it("goes through another node, and gives owners, where that is said", async () => {
    const resources = await declared(() => {
      new PostgresMigration("migration-old-shop", {
        ...{
          migration: "old-shop",
          node: alwaysOn(),
          sshIdentity: undefined,
          port: 5444,
          via: alwaysOn("desktop"),
        },
        source: { host: "10.0.0.9", port: 5433, user: "reader", password: "p" },
        ...{
          databases: [{ from: "a", to: "b" }],
          owners: { old: "agent" },
          workDirectory: "/mnt/wide/moving",
        },
      });
    });
    expect(named(resources, "migration-old-shop-run").inputs).toMatchObject({
      server: { port: 5444 },
      via: { node: "desktop", host: "10.0.0.2" },
      ...{ owners: { old: "agent" }, workDirectory: "/mnt/wide/moving" },
      source: { host: "10.0.0.9", port: 5433, user: "reader" },
    });
    expect(named(resources, "migration-old-shop").visible).toMatchObject({
      placement: { paths: ["/mnt/wide/moving"] },
    });
  });

  it("declares one resource with what is to be moved, and shows no password", async () => {
    const resources = await run();
    expect(resources.map(({ name }) => name).sort()).toEqual([
      "migration-old-shop",
      "migration-old-shop-run",
    ]);
    const { inputs, visible, parent } = named(resources, "migration-old-shop-run");
    expect(parent).toBe("migration-old-shop");
    expect(inputs).toEqual({
      server: {
        connection: {
          ...{ node: "storage", host: "10.0.0.1", port: 22, user: "root" },
          ...{ hostKey: "ssh-ed25519 AAAA", identity: "/key" },
        },
        port: 5432,
      },
      ...{ migration: "old-shop", workDirectory: "/srv/homelab/migration" },
      source: {
        host: "127.0.0.1",
        port: 5432,
        user: "postgres",
        password: "of the source",
        database: "postgres",
      },
      databases: [{ from: "Old Shop", to: "shop" }],
    });
    expect(JSON.stringify(visible)).not.toContain("of the source");
    expect(visible).toMatchObject({ source: { password: secret } });
  });

  it("tells policies where its dump lies", async () => {
    expect(named(await run(), "migration-old-shop").visible).toMatchObject({
      placement: { node: "storage", keeps: "persistent", paths: ["/srv/homelab/migration"] },
    });
  });
});
