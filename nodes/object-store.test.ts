import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { declared, named, type Declared } from "../components/testing";
import { portsOf, urlsOf } from "../services";
import { checkSettings, loadSettings } from "../settings";
import { refusals } from "../settings/testing";
import { connectionOf, loadTopology } from "../topology";
import { storage } from "./storage";

const topology = loadTopology(join(__dirname, "../tests/fixtures/topology.yaml"));
const node = topology.nodes.storage;
const loaded = (keys: object) =>
  loadSettings(
    "storage",
    Object.fromEntries(Object.entries(keys).map(([key, value]) => [`homelab:${key}`, JSON.stringify(value)])),
    { home: "/nowhere", exists: () => false },
  );
let outputs: Record<string, unknown> = {};
const run = (keys: object): Promise<Declared[]> =>
  declared(
    async () => {
      const context = { topology, node, settings: loaded(keys), connection: connectionOf(node, undefined) };
      outputs = await storage(context as Parameters<typeof storage>[0]);
    },
    {},
    "storage",
  );
const said = (keys: object) =>
  refusals(() => {
    checkSettings(loaded(keys), "storage", topology);
  });
/** What a person would see in a preview: every resource with what it asks for. */
const seen = (all: readonly Declared[]) => all.map(({ identity, inputs }) => [identity, inputs]);

const buckets = { parquet: {}, iceberg: {}, mlflow: { versioned: true }, photos: { versioned: true } };
const users = {
  mlflow: { buckets: ["mlflow"] },
  dagster: { buckets: ["parquet", "iceberg"] },
  album: { buckets: ["photos"], access: "read-only" },
};

describe("the object store", () => {
  it("of a house with MinIO does not change when its buckets and users are declared for any engine", async () => {
    const before = await run({ minio: { buckets, users } });
    const after = await run({ objectStore: { buckets, users } });
    expect(seen(after)).toEqual(seen(before));
    expect(before.filter(({ type }) => type === "homelab:index:SeaweedNode")).toEqual([]);
  });

  it("is SeaweedFS when the settings say so, with the same buckets, users, keys and outputs", async () => {
    const before = await run({ minio: { buckets, users } });
    const namesBefore = Object.keys(outputs).filter((name) => name !== "S3_CONSOLE");
    const keysBefore = before.filter(({ name }) => name.endsWith("-secret-kept"));
    const all = await run({ objectStore: { engine: "seaweedfs", buckets, users } });
    expect(all.filter(({ type }) => type.startsWith("minio:") || type === "homelab:index:MinioNode")).toEqual(
      [],
    );
    expect(named(all, "seaweedfs-contents").inputs).toMatchObject({
      endpoint: `http://${node.address}:8333`,
      buckets: { mlflow: { versioned: true }, parquet: { versioned: false }, photos: { versioned: true } },
      users: { album: { buckets: ["photos"] } },
    });
    expect(Object.keys(outputs)).toEqual(namesBefore);
    // Whichever engine comes, it finds the keys that the consumers have.
    const kept = all.filter(({ name }) => name.endsWith("-secret-kept"));
    expect(kept.map(({ inputs }) => [inputs.name, inputs.existing])).toEqual(
      keysBefore.map(({ inputs }) => [inputs.name, inputs.existing]),
    );
  });

  it("may have the other engine beside it, which is handed out to nobody", async () => {
    const all = await run({ objectStore: { beside: "seaweedfs" } });
    const [minio, seaweed] = [named(all, "minio"), named(all, "seaweedfs")];
    expect([minio.type, seaweed.type]).toEqual(["homelab:index:MinioNode", "homelab:index:SeaweedNode"]);
    const asked = (found: readonly Declared[]) =>
      JSON.stringify(found.map(({ inputs }) => inputs)).match(/MINIO_PORT=\d+|MINIO_SECRETS=[a-z-]+/g);
    expect(asked(all)).toEqual(["MINIO_PORT=9000", "MINIO_SECRETS=homelab-minio-root"]);
    expect(asked(await run({ objectStore: { engine: "seaweedfs", beside: "minio" } }))).toEqual([
      "MINIO_PORT=8333",
      "MINIO_SECRETS=homelab-seaweedfs-root",
    ]);
    const portOf = (keys: object) =>
      urlsOf(node, portsOf("storage", loaded({ objectStore: keys })))
        .S3_ENDPOINT?.split(":")
        .at(-1);
    expect([portOf({}), portOf({ beside: "seaweedfs" })]).toEqual(["9000", "9000"]);
    expect([portOf({ engine: "seaweedfs" }), portOf({ engine: "seaweedfs", beside: "minio" })]).toEqual([
      "8333",
      "8333",
    ]);
  });

  it("hands to desktop what a second copy needs, once it is offered, and only then", async () => {
    await run({ objectStore: { engine: "seaweedfs" } });
    expect(outputs).not.toHaveProperty("objectCopy");
    for (const copy of ["offered", "required"]) {
      await run({ objectStore: { engine: "seaweedfs" }, seaweedfs: { copy } });
      expect(outputs).toHaveProperty("objectCopy");
      const open = portsOf("storage", loaded({ objectStore: { engine: "seaweedfs" }, seaweedfs: { copy } }));
      expect(
        open.filter(({ from }) => JSON.stringify(from) === '["desktop"]').map(({ port }) => port),
      ).toEqual([19333, 9334, 19334, 19335]);
    }
  });

  it("says what does not fit, and where it is declared", () => {
    expect(said({ objectStore: { engine: "garage" } })).toEqual([
      'homelab:objectStore.engine is "garage": it must be minio or seaweedfs.',
    ]);
    expect(said({ objectStore: { beside: "minio" } })).toEqual([
      "homelab:objectStore.beside is minio: it must be the other engine, or left out, because homelab:objectStore.engine is minio already.",
    ]);
    expect(said({ seaweedfs: { copy: "required" } })).toEqual([
      "homelab:seaweedfs.copy is required: homelab:objectStore.engine or homelab:objectStore.beside must be seaweedfs, for MinIO keeps no second copy.",
    ]);
    expect(said({ minio: { buckets }, objectStore: { buckets: { photos: {} }, users: {} } })).toEqual([
      "homelab:minio.buckets is set, and homelab:objectStore.buckets says something else: leave homelab:minio.buckets out, or both must be the same.",
    ]);
    expect(
      said({ objectStore: { buckets: { photos: {} }, users: { album: { buckets: ["fotos"] } } } }),
    ).toEqual([
      'homelab:objectStore.users.album.buckets.0 is "fotos": it must be one of homelab:objectStore.buckets (photos).',
    ]);
  });

  it("is no key of a node that may go off", () => {
    for (const key of ["objectStore", "seaweedfs"])
      expect(() => loadSettings("compute", { [`homelab:${key}`]: "{}" })).toThrow(
        `homelab:${key} is not a known key`,
      );
  });

  it("has one engine's ports open, both engines' while one stands beside the other", () => {
    expect(said({ minio: { apiPort: 8333 } })).toEqual([]);
    expect(said({ minio: { apiPort: 8333 }, objectStore: { beside: "seaweedfs" } })).toEqual([
      "homelab:seaweedfs.apiPort is 8333: homelab:minio.apiPort has this port already; each needs its own.",
    ]);
  });
});
