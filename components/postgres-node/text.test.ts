import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { postgresSchema } from "../../services";
import { configuration, listenOn, parameters } from "./conf";
import { containerfile } from "./containerfile";
import { hba } from "./hba";
import { fenceFiles, fenceFingerprint, type Replication } from "./replication";
import { postgresQuadlet } from "./quadlet";
import { script } from "./scripts";

const settings = postgresSchema.parse({});

describe("the server's configuration", () => {
  it("has the sizes of the settings and what an expert would add, each once and with a reason", () => {
    const all = parameters(settings, "10.0.0.1");
    expect(Object.fromEntries(all.map(({ name, value }) => [name, value]))).toMatchObject({
      listen_addresses: "127.0.0.1,10.0.0.1",
      shared_buffers: "2GB",
      effective_cache_size: "6GB",
      work_mem: "64MB",
      max_wal_size: "4GB",
      random_page_cost: 1.1,
      wal_compression: "lz4",
      shared_preload_libraries: "pg_stat_statements",
      "pg_stat_statements.track_utility": false,
      log_statement: "none",
      jit: true,
      allow_alter_system: false,
      password_encryption: "scram-sha-256",
      "hnsw.ef_search": 100,
      "hnsw.iterative_scan": "strict_order",
    });
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(all.filter(({ reason }) => reason === "")).toEqual([]);
  });

  it("keeps what needs a restart apart from what a reload brings in", () => {
    const before = configuration(settings, "10.0.0.1");
    const workMem = configuration({ ...settings, workMem: "8MB" }, "10.0.0.1");
    expect(workMem.restart).toBe(before.restart);
    expect(workMem.reload).not.toBe(before.reload);
    const search = { ...settings.search, efSearch: 150 };
    const wider = configuration({ ...settings, search }, "10.0.0.1");
    expect(wider.restart).toBe(before.restart);
    expect(wider.reload).toContain("\nhnsw.ef_search = 150\n");
    const buffers = configuration({ ...settings, sharedBuffers: "1GB" }, "10.0.0.1");
    expect(buffers.reload).toBe(before.reload);
    expect(buffers.restart).not.toBe(before.restart);
    expect(before.restart).toContain("include 'reload.conf'");
  });

  it("lets any other parameter be set, and quotes it so that it stays one value", () => {
    const { restart, reload } = configuration(
      { ...settings, settings: { max_worker_processes: 4, log_line_prefix: "it's \\ %m", jit: false } },
      "10.0.0.1",
    );
    expect(restart).toContain("\nmax_worker_processes = 4\n");
    expect(reload).toContain("\nlog_line_prefix = 'it''s \\\\ %m'\n");
    expect(reload).toContain("\njit = off\n");
    expect(reload.match(/^log_line_prefix/gm)).toHaveLength(1);
  });

  it("holds no line that a value has added", () => {
    const lines = configuration({ ...settings, settings: { search_path: "a" } }, "10.0.0.1").reload.split(
      "\n",
    ).length;
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }).filter((text) => !/[\r\n\0]/.test(text)),
        (value) => {
          const { reload } = configuration({ ...settings, settings: { search_path: value } }, "10.0.0.1");
          expect(reload.split("\n")).toHaveLength(lines);
          const written =
            reload
              .split("\n")
              .find((line) => line.startsWith("search_path = '"))
              ?.slice(15, -1) ?? "none";
          expect(written.replace(/''|\\\\/g, "")).not.toMatch(/['\\]/);
          expect(written.replaceAll("''", "'").replaceAll("\\\\", "\\")).toBe(value);
        },
      ),
    );
    expect(() => configuration({ ...settings, settings: { search_path: "a\nb" } }, "10.0.0.1")).toThrow(
      "line break",
    );
  });
});

describe("who may connect", () => {
  it("is the socket's postgres, the loopback and each given address, by password, and nobody else", () => {
    const rows = hba(["10.0.0.1", "fd00::2", "10.0.0.1"])
      .split("\n")
      .filter((row) => row !== "" && !row.startsWith("#"))
      .map((row) => row.split(/\s+/).join(" "));
    expect(rows).toEqual([
      "local all postgres peer",
      "host all all 127.0.0.1/32 scram-sha-256",
      "host replication postgres 127.0.0.1/32 scram-sha-256",
      "host all postgres all reject",
      "host all all 10.0.0.1/32 scram-sha-256",
      "host all all fd00::2/128 scram-sha-256",
    ]);
  });

  it("never trusts and never takes what is no address", () => {
    expect(hba(["10.0.0.1"])).not.toMatch(/trust|md5|password\b/);
    for (const wrong of ["all", "10.0.0.0/8", "host\nhost all all all trust", ""]) {
      expect(() => hba([wrong])).toThrow("is no IP address");
    }
    for (const wrong of [
      "10.42.0.0",
      "0.0.0.0/0",
      "10.0.0.0/7",
      "10.0.0.0/33",
      "10.42.0.0/16\nhost all",
      "all",
    ]) {
      expect(() => hba([], [wrong])).toThrow("is no IP network");
    }
  });

  it("lets in the network of the node's own pods, with a password", () => {
    expect(hba(["10.0.0.1"], ["10.42.0.0/16"])).toMatch(/^host +all +all +10\.42\.0\.0\/16 +scram-sha-256$/m);
  });
});

describe("a pair", () => {
  const pair: Replication = {
    ...{ self: "storage", origin: "new", port: 5432, dataDirectory: "/srv/homelab/postgres" },
    ...{ peer: { name: "desktop", address: "10.0.0.2", port: 5433 }, synchronous: false },
  };
  const valueOf = (name: string, of: Replication | undefined) =>
    parameters(settings, "10.0.0.1", of).find((each) => each.name === name)?.value;

  it("lets the other's address copy and follow as a role that no database takes, before any other line", () => {
    const rows = hba(["10.0.0.2"], [], ["10.0.0.2"])
      .split("\n")
      .filter((row) => /^(host|local)/.test(row))
      .map((row) => row.split(/\s+/).join(" "));
    expect(rows.slice(0, 3)).toEqual([
      "local all postgres peer",
      "host replication replicator 10.0.0.2/32 scram-sha-256",
      "host all replicator all reject",
    ]);
    expect(hba(["10.0.0.2"])).not.toContain("replicator");
  });

  it("can follow without a restart, and names no password", () => {
    expect(valueOf("primary_conninfo", pair)).toBe(
      "host=10.0.0.2 port=5433 user=replicator application_name=storage passfile=/dev/shm/homelab-replication.pgpass connect_timeout=5",
    );
    expect(valueOf("primary_slot_name", pair)).toBe("storage");
    expect(configuration(settings, "10.0.0.1", pair).restart).toBe(
      configuration(settings, "10.0.0.1").restart,
    );
  });

  it("waits for the standby only when it is told to", () => {
    expect(valueOf("synchronous_standby_names", pair)).toBe("");
    expect(valueOf("synchronous_standby_names", { ...pair, synchronous: true })).toBe("desktop");
    expect(valueOf("synchronous_standby_names", undefined)).toBeUndefined();
  });

  it("limits what is kept for a standby, also for one that was forgotten", () => {
    expect(valueOf("max_slot_wal_keep_size", undefined)).toBe("16GB");
  });

  it("asks before it starts, and is not started again where a person must decide", () => {
    const image = "a/b:1";
    const alone = postgresQuadlet({ ...settings, image });
    const text = postgresQuadlet({ ...settings, image, paired: true });
    expect(alone).not.toMatch(/start\.sh|replication|RestartPreventExitStatus/);
    expect(text).toContain(
      "Exec=bash /etc/postgresql/start.sh -c config_file=/etc/postgresql/postgresql.conf\n",
    );
    expect(text).toContain("RestartPreventExitStatus=75\n");
    expect(text).toContain("Secret=homelab-postgres-replication,type=mount\n");
  });

  it("makes no cluster of its own where it began as a copy", () => {
    const text = postgresQuadlet({ ...settings, image: "a/b:1", paired: true, origin: "copy" });
    expect(text).not.toMatch(/POSTGRES_|superuser|initdb|settle/);
  });

  it("has a guard that is there exactly while the server is", () => {
    const [, unit] = fenceFiles();
    expect(unit?.content).toContain("BindsTo=postgres.service\n");
    expect(unit?.content).toContain("WantedBy=postgres.service\n");
    expect(fenceFingerprint(pair)).not.toBe(fenceFingerprint({ ...pair, self: "desktop" }));
  });
});

describe("the image", () => {
  it("is built on the given base and installs only what it lacks", () => {
    const text = containerfile("docker.io/library/postgres:18-trixie");
    expect(text.split("\n")[0]).toBe("FROM docker.io/library/postgres:18-trixie");
    expect(text).toContain("postgresql-18-jit postgresql-18-pgvector openssl");
    expect(text).not.toMatch(/curl|wget|http/);
    expect(() => containerfile("x\nRUN evil")).toThrow("no image reference");
  });
});

describe("the quadlet", () => {
  it("holds no password and no address of its own", () => {
    const text = postgresQuadlet({ ...settings, image: "localhost/homelab/postgres:1" });
    expect(text).not.toMatch(/POSTGRES_PASSWORD=|PublishPort/);
    expect(text).toContain("POSTGRES_PASSWORD_FILE=/run/secrets/homelab-postgres-superuser");
    // The image's entrypoint exports what it read from there: our program in the server's place takes it away again.
    expect(text).toMatch(/PATH=\/etc\/postgresql\/bin:.*:\/usr\/lib\/postgresql\/18\/bin/);
    const said = spawnSync("sh", ["-s"], {
      // The shell tells where it is; a folder's name is no password.
      cwd: "/",
      encoding: "utf8",
      input: script("postgres.sh").replace("/usr/lib/postgresql/18/bin/postgres", "/usr/bin/env"),
      env: { PGDATA: "/here", POSTGRES_PASSWORD: "word", PGPASSWORD: "word" },
    }).stdout;
    expect(said).toContain("PGDATA=/here");
    expect(said).not.toContain("word");
  });

  it("is the same text for the same settings", () => {
    const image = "a/b:1";
    expect(postgresQuadlet({ ...postgresSchema.parse({}), image })).toBe(
      postgresQuadlet({ ...settings, image }),
    );
  });
});

describe("a server on a node of the mesh", () => {
  const [address, mesh] = ["10.0.0.1", "100.64.0.1"];
  const listens = (node: { address: string; mesh?: string }) =>
    parameters(settings, listenOn(node)).find(({ name }) => name === "listen_addresses")?.value;

  it("listens on whatever address the node gets, and elsewhere on the LAN's alone", () => {
    expect(listens({ address })).toBe("127.0.0.1,10.0.0.1");
    expect(listens({ address, mesh })).toBe("*");
  });
});
