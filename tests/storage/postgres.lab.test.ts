import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import type { StorageOutputs } from "../../nodes/storage-outputs";
import { onNode } from "../support/lab";
import { byHand, dsnOf, elsewhere, psql, psqlRefusal } from "../support/services";
import { handedOut } from "../support/stack";

let storage: StorageOutputs;
const agent = () => dsnOf(storage, "agent", "agent_gateway");
const system = () => dsnOf(storage, "system", "dagster");
const ksh3 = (database: string) => dsnOf(storage, "ksh3", database);

describe("PostgreSQL on storage", () => {
  beforeAll(() => {
    storage = handedOut();
  });

  it("lets agent, on desktop, make a vector table with an HNSW index and search it", () => {
    try {
      const found = psql(
        "desktop",
        agent(),
        `SET client_min_messages = warning;
         CREATE TABLE lab_memories (id int PRIMARY KEY, embedding vector(3) NOT NULL);
         INSERT INTO lab_memories SELECT i, format('[%s,%s,%s]', i, i % 7, i % 3)::vector FROM generate_series(1, 500) i;
         CREATE INDEX lab_memories_hnsw ON lab_memories USING hnsw (embedding vector_l2_ops);
         SET enable_seqscan = off;
         EXPLAIN (COSTS OFF) SELECT id FROM lab_memories ORDER BY embedding <-> '[42,0,0]' LIMIT 3;
         SELECT id FROM lab_memories ORDER BY embedding <-> '[42,0,0]' LIMIT 1;`,
      );
      expect(found).toMatch(/Index Scan using lab_memories_hnsw/);
      expect(found.split("\n").at(-1)).toBe("42");
    } finally {
      psql("desktop", agent(), "DROP TABLE IF EXISTS lab_memories");
    }
  });

  it("has the superuser's password in the environment of no process", () => {
    const look = "for pid in $(pgrep -x postgres); do tr '\\0' '\\n' </proc/$pid/environ; done";
    const variables = onNode("storage", look);
    expect(variables).toMatch(/^PGDATA=/m);
    expect(variables).not.toMatch(/^(POSTGRES_PASSWORD|PGPASSWORD)=./m);
  });

  it.each(["dagster", "mlflow", "postgres", "template1"])("does not let agent open %s", (database) => {
    expect(psqlRefusal("desktop", elsewhere(agent(), database), "SELECT 1")).toContain(
      `permission denied for database "${database}"`,
    );
  });

  it("does not let system open agent_gateway", () => {
    expect(psqlRefusal("desktop", elsewhere(system(), "agent_gateway"), "SELECT 1")).toContain(
      'permission denied for database "agent_gateway"',
    );
  });

  it("lets nobody create in public who does not own it", () => {
    const stranger = "lab_stranger";
    byHand("postgres", `CREATE ROLE ${stranger}`);
    try {
      for (const database of ["agent_gateway", "dagster", "mlflow"]) {
        const asked = `SELECT has_schema_privilege('${stranger}', 'public', 'CREATE'), has_database_privilege('${stranger}', '${database}', 'CONNECT')`;
        expect(byHand(database, asked)).toBe("f|f");
        byHand("postgres", `GRANT CONNECT ON DATABASE ${database} TO ${stranger}`);
        expect(() => byHand(database, `SET ROLE ${stranger}; CREATE TABLE public.lab_intruder ()`)).toThrow(
          /permission denied for schema public/,
        );
      }
    } finally {
      for (const database of ["agent_gateway", "dagster", "mlflow"])
        byHand("postgres", `REVOKE CONNECT ON DATABASE ${database} FROM ${stranger}`);
      byHand("postgres", `DROP ROLE ${stranger}`);
    }
  });

  it.each(["agent_gateway", "dagster", "mlflow"])("lets ksh3 do everything in %s", (database) => {
    const done = psql(
      "desktop",
      ksh3(database),
      `CREATE TABLE public.lab_admin (n int); INSERT INTO public.lab_admin VALUES (7);
       SELECT n FROM public.lab_admin; DROP TABLE public.lab_admin;
       SELECT count(*) > 0 FROM pg_stat_activity WHERE usename = 'ksh3' AND backend_type = 'client backend';`,
    );
    expect(done.split("\n")).toEqual(["7", "t"]);
  });

  it("runs with the configured memory, JIT, checksums and shared memory", () => {
    const asked = [
      "shared_buffers",
      "work_mem",
      "effective_cache_size",
      "max_wal_size",
      "password_encryption",
    ];
    const shown = psql(
      "desktop",
      ksh3("dagster"),
      `${asked.map((name) => `SHOW ${name};`).join(" ")} SHOW data_checksums; SELECT pg_jit_available();
       SELECT current_setting('server_version_num')::int / 10000;`,
    );
    expect(shown.split("\n")).toEqual([
      ...["128MB", "8MB", "512MB", "512MB", "scram-sha-256"],
      "on",
      "t",
      "18",
    ]);
    const shm = onNode("storage", "podman exec postgres df --output=size -B1 /dev/shm | tail -1");
    expect(Number(shm)).toBe(2 * 1024 ** 3);
  });

  it("compiles an expensive query when it is told to", () => {
    const plan = psql(
      "desktop",
      ksh3("dagster"),
      "SET jit_above_cost = 0; EXPLAIN (ANALYZE) SELECT sum(i * 2) FROM generate_series(1, 1000) i",
    );
    expect(plan).toMatch(/JIT:/);
  });

  it("keeps the data where the official image keeps it, on the node", () => {
    expect(byHand("postgres", "SHOW data_directory")).toBe("/var/lib/postgresql/18/docker");
    expect(onNode("storage", "cat /srv/homelab/postgres/18/docker/PG_VERSION").trim()).toBe("18");
  });

  it("is reachable from desktop and compute", () => {
    expect(psql("desktop", agent(), "SELECT inet_client_addr()")).toBe("10.77.0.12");
    expect(psql("compute", agent(), "SELECT inet_client_addr()")).toBe("10.77.0.13");
  });

  it("is refused to every other address, already before a password is asked for", () => {
    // These tests run inside the lab's network, at the bridge's own address: an operator, but no node.
    expect(execFileSync("ip", ["route", "get", storage.POSTGRES_HOST], { encoding: "utf8" })).toContain(
      "src 10.77.0.1 ",
    );
    const knock = `exec 3<>/dev/tcp/${storage.POSTGRES_HOST}/${storage.POSTGRES_PORT}`;
    expect(() => execFileSync("timeout", ["5", "bash", "-c", knock], { stdio: "pipe" })).toThrow(
      /Connection refused/,
    );
  });

  it("has a second lock behind the firewall: its own rules name the nodes alone, and the superuser nowhere", () => {
    const rules = byHand(
      "postgres",
      "SELECT database, address, auth_method, user_name FROM pg_hba_file_rules WHERE type = 'host' ORDER BY rule_number",
    );
    expect(rules.split("\n")).toEqual([
      "{all}|127.0.0.1|scram-sha-256|{all}",
      // The node's own backups.
      "{replication}|127.0.0.1|scram-sha-256|{postgres}",
      "{all}|all|reject|{postgres}",
      "{all}|10.77.0.11|scram-sha-256|{all}",
      "{all}|10.77.0.12|scram-sha-256|{all}",
      "{all}|10.77.0.13|scram-sha-256|{all}",
    ]);
  });
});
