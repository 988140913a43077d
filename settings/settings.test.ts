import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Node } from "../topology";
import { bytesOf, podmanSize, sizeText } from "../services";
import { checkSettings, loadSettings } from ".";
import { onNodes, refusals } from "./testing";

const around = { home: "/home/ada", exists: (path: string) => path === "/home/ada/.ssh/id_ed25519" };
const node: Node = {
  name: "storage",
  address: "10.0.0.1",
  lifecycle: "always-on",
  memoryBytes: 16 * 1024 ** 3,
  hostKey: "ssh-ed25519 AAAA",
  ssh: { user: "root", port: 22 },
};
const postgres = (value: unknown) => ({ "homelab:postgres": JSON.stringify(value) });
const minio = (value: unknown) => ({ "homelab:minio": JSON.stringify(value) });

const wrong = (config: Record<string, string>) =>
  refusals(() => {
    checkSettings(loadSettings("storage", config, around), "storage", onNodes({ storage: node }));
  });

describe("settings of a stack", () => {
  it("are complete without any configuration, and fit a node of 16 GB", () => {
    const settings = loadSettings("storage", { "pulumi:tags": "{}", "aws:region": "x" }, around);
    expect(wrong({})).toEqual([]);
    expect(settings.sshIdentity).toBe("~/.ssh/id_ed25519");
    expect(settings.postgres).toMatchObject({
      baseImage: "docker.io/library/postgres:18-trixie",
      port: 5432,
      sharedBuffers: "2GB",
      effectiveCacheSize: "6GB",
      workMem: "64MB",
      databases: {
        agent_gateway: { owner: "agent", extensions: ["vector"] },
        dagster: { owner: "system", extensions: [] },
        mlflow: { owner: "system" },
      },
    });
    expect(Object.entries(settings.postgres.roles).map(([name, role]) => [name, role.superuser])).toEqual([
      ["agent", false],
      ["system", false],
      ["ksh3", true],
    ]);
    expect(settings.minio.buckets).toEqual({
      parquet: { versioned: false },
      iceberg: { versioned: false },
      mlflow: { versioned: true },
    });
    expect(settings.minio.users.dagster).toEqual({ buckets: ["parquet", "iceberg"], access: "read-write" });
  });

  it("leave the identity to the agent where there is no usual key", () => {
    expect(loadSettings("desktop", {}, { home: "/x", exists: () => false }).sshIdentity).toBeUndefined();
  });

  it("know nothing of storage on the other stacks", () => {
    expect(() => loadSettings("compute", postgres({}), around)).toThrow(
      "homelab:postgres is not a known key; known here: topology, sshIdentity, compute, k3s, mesh, power, backup, metrics, logShipping, jobs, workloads.",
    );
  });

  const cases: [string, Record<string, string>, RegExp][] = [
    [
      "an unknown key",
      { "homelab:postgrse": "{}" },
      /^homelab:postgrse is not a known key; known here: topology, /,
    ],
    [
      "an unknown key within",
      postgres({ sharedBufers: "2GB" }),
      /^homelab:postgres\.sharedBufers is not a known key; known here: baseImage, port/,
    ],
    [
      "a size without a unit",
      postgres({ workMem: "64" }),
      /^homelab:postgres\.workMem is "64": it must be a whole number with a unit/,
    ],
    [
      "a size in a unit PostgreSQL has not",
      postgres({ workMem: "64MiB" }),
      /"64MiB": it must be a whole number with a unit/,
    ],
    [
      "a size that is a number",
      postgres({ workMem: 64 }),
      /^homelab:postgres\.workMem is 64: it must be a string\.$/,
    ],
    [
      "shared_buffers beyond memory",
      postgres({ sharedBuffers: "32GB" }),
      /^homelab:postgres\.sharedBuffers is "32GB": it must be at most 8GB, half of storage's memory \(16GB\)/,
    ],
    ["shared_buffers beyond half of memory", postgres({ sharedBuffers: "9GB" }), /at most 8GB, half/],
    ["work_mem beyond an eighth of memory", postgres({ workMem: "3GB" }), /at most 2GB, an eighth/],
    [
      "a search that keeps more candidates than pgvector can",
      postgres({ search: { efSearch: 1001 } }),
      /^homelab:postgres\.search\.efSearch is 1001: it must be 1 to 1000\.$/,
    ],
    [
      "a way to search that pgvector has not",
      postgres({ search: { iterativeScan: "on" } }),
      /^homelab:postgres\.search\.iterativeScan is "on": it must be one of off, relaxed_order, strict_order\.$/,
    ],
    [
      "a search parameter beside its key",
      postgres({ settings: { "hnsw.ef_search": 100 } }),
      /"hnsw.ef_search" has a key of its own: set homelab:postgres\.search\.efSearch\.$/,
    ],
    [
      "min above max",
      postgres({ minWalSize: "8GB" }),
      /^homelab:postgres\.minWalSize is "8GB": it must be at most maxWalSize \("4GB"\)\.$/,
    ],
    [
      "a database of an unknown role",
      postgres({ databases: { notes: { owner: "bob" } } }),
      /^homelab:postgres\.databases\.notes\.owner is "bob": it must be one of homelab:postgres\.roles \(agent, system, ksh3\)\.$/,
    ],
    [
      "a connecting role that is unknown",
      postgres({ databases: { notes: { owner: "agent", connect: ["bob"] } } }),
      /databases\.notes\.connect\.0 is "bob"/,
    ],
    [
      "a grant to who cannot connect",
      postgres({
        databases: {
          notes: { owner: "agent", grants: [{ role: "system", on: "tables", privileges: ["SELECT"] }] },
        },
      }),
      /grants\.0\.role is "system": it must be in homelab:postgres\.databases\.notes\.connect too/,
    ],
    [
      "a schema of who cannot connect",
      postgres({ databases: { notes: { owner: "agent", schemas: { analytics: { owner: "system" } } } } }),
      /notes\.schemas\.analytics\.owner is "system": it must be in homelab:postgres\.databases\.notes\.connect too, or the schema is of no use/,
    ],
    [
      "a schema that every database has",
      postgres({ databases: { notes: { owner: "agent", schemas: { public: { owner: "agent" } } } } }),
      /databases\.notes\.schemas\.public: the name "public" must not be a schema that every database has/,
    ],
    [
      "roles that are members of each other",
      postgres({
        roles: { agent: {}, system: { memberOf: ["ksh3"] }, ksh3: { memberOf: ["agent", "ksh3"] } },
      }),
      /roles\.ksh3\.memberOf leads back to ksh3/,
    ],
    [
      "a role's name that is no identifier",
      postgres({ roles: { agent: {}, system: {}, "Drop-Me": {} } }),
      /^homelab:postgres\.roles\.Drop-Me: the name "Drop-Me" must be an identifier/,
    ],
    [
      "a role called postgres",
      postgres({ roles: { agent: {}, system: {}, postgres: {} } }),
      /the name "postgres" must not be postgres, public or replicator\.$/,
    ],
    [
      "a database's name with a quote",
      postgres({ databases: { 'a"; drop': { owner: "agent" } } }),
      /must be an identifier/,
    ],
    [
      "an unknown extension",
      postgres({ databases: { notes: { owner: "agent", extensions: ["pgvector"] } } }),
      /extensions\.0 is "pgvector": it must be an extension that the image carries/,
    ],
    [
      "an unknown parameter",
      postgres({ settings: { wrok_mem: "1MB" } }),
      /settings\.wrok_mem: the name "wrok_mem" must be a parameter that PostgreSQL 18 knows/,
    ],
    [
      "a parameter that has a key",
      postgres({ settings: { shared_buffers: "1GB" } }),
      /"shared_buffers" has a key of its own: set homelab:postgres\.sharedBuffers\.$/,
    ],
    [
      "a parameter that decides about access",
      postgres({ settings: { hba_file: "/tmp/x" } }),
      /"hba_file" is set by the program/,
    ],
    [
      "a parameter of two lines",
      postgres({ settings: { log_line_prefix: "a\nb" } }),
      /settings\.log_line_prefix is "a\\nb": it must be one line/,
    ],
    [
      "a moving tag",
      postgres({ baseImage: "docker.io/library/postgres:latest" }),
      /baseImage is .*: it must be a whole image reference with an exact tag/,
    ],
    [
      "an image without a registry",
      minio({ image: "minio" }),
      /^homelab:minio\.image is "minio": it must be a whole image reference/,
    ],
    [
      "a port beyond the last",
      postgres({ port: 65536 }),
      /^homelab:postgres\.port is 65536: it must be 1 to 65535\.$/,
    ],
    [
      "a port taken twice",
      minio({ consolePort: 5432 }),
      /^homelab:minio\.consolePort is 5432: homelab:postgres\.port has this port already/,
    ],
    [
      "the port of SSH",
      postgres({ port: 22 }),
      /^homelab:postgres\.port is 22: nodes\.storage\.ssh\.port has this port/,
    ],
    [
      "a bucket's name in capitals",
      minio({ buckets: { Parquet: {}, iceberg: {}, mlflow: {}, parquet: {} } }),
      /the name "Parquet" must be a bucket name/,
    ],
    [
      "a user of an unknown bucket",
      minio({ users: { mlflow: { buckets: ["mlfow"] } } }),
      /^homelab:minio\.users\.mlflow\.buckets\.0 is "mlfow": it must be one of homelab:minio\.buckets \(parquet, iceberg, mlflow\)\.$/,
    ],
    [
      "a data directory of the system",
      minio({ dataDirectory: "/etc" }),
      /dataDirectory is "\/etc": it must be an absolute directory below \/srv/,
    ],
    [
      "an identity that is not there",
      { "homelab:sshIdentity": "~/nokey" },
      /^homelab:sshIdentity is "~\/nokey": it must be the path of a private key/,
    ],
    [
      "an object that is a text",
      { "homelab:postgres": "yes" },
      /^homelab:postgres is "yes": it must be an object\.$/,
    ],
  ];
  it.each(cases)("refuse %s with one sentence", (_what, config, expected) => {
    const found = wrong(config);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
    expect(found[0]?.endsWith(".")).toBe(true);
  });

  it("list every mistake at once", () => {
    expect(wrong({ ...postgres({ workMem: "x", port: 0 }), "homelab:x": "1" })).toHaveLength(3);
  });
});

describe("sizes", () => {
  it("come back the same from bytes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1023 }), fc.constantFrom("kB", "MB", "GB", "TB"), (n, unit) => {
        expect(sizeText(bytesOf(`${n}${unit}`))).toBe(`${n}${unit}`);
      }),
    );
  });

  it("are written for podman in its own units", () => {
    expect([podmanSize("2GB"), podmanSize("64MB"), podmanSize("100kB")]).toEqual(["2g", "64m", "100k"]);
  });
});
