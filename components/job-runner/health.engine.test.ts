import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { binaries, startCluster, type Cluster } from "../../packages/postgres/testing";
import { hostileDatabase, hostileOwner, traps } from "../../tests/support/hostile";

const folder = mkdtempSync(join(tmpdir(), "homelab-jobs-health-"));
const caught = join(tmpdir(), `homelab-jobs-caught-${process.pid}`);
let cluster: Cluster;

/** As the owner: what is asked is a trap, and so is a function that comes first by its arguments. */
const inPrefect = `
drop function public.count();
create view public.worker as select public.trap('table')::text as name, now() as last_heartbeat_time;
create table public.flow (id int, name text);
create table public.deployment (id int, flow_id int, name text, labels jsonb, created timestamptz, paused bool);
create table public.deployment_schedule (deployment_id int, created timestamptz);
create table public.flow_run (deployment_id int, end_time timestamptz, start_time timestamptz, state_timestamp timestamptz, state_type text);
insert into public.flow values (1, 'job');
insert into public.deployment values (1, 1, 'nightly', '{"homelab.due": 60, "homelab.limit": 30}', now(), false);
create function public.format(text, bigint) returns text language sql as $$ select 'homelab_prefect_connections ' || public.trap('format of a number') $$;
`;

/** Runs the script on this computer: podman is played, and the server is a real one. */
function health() {
  const { port, password } = cluster.server;
  return spawnSync(
    join(__dirname, "scripts/health.sh"),
    [folder, hostileOwner, "prefect", "homelab-prefect-database", "job"],
    {
      encoding: "utf8",
      env: {
        ...process.env,
        PATH: `${join(folder, "bin")}:${binaries()}:${process.env.PATH ?? ""}`,
        URL: `postgresql+asyncpg://${hostileOwner}:owner%2F@10.0.0.1:${port}/prefect`,
        // Whoever says no more in the container is the superuser.
        ...{ PGHOST: "127.0.0.1", PGPORT: String(port), PGUSER: "postgres", PGPASSWORD: password },
      },
    },
  );
}

describe("how the jobs are, asked of a database whose owner wants to be superuser", () => {
  beforeAll(async () => {
    cluster = await startCluster();
    for (const statement of [
      ...hostileDatabase("prefect"),
      `alter role ${hostileOwner} password 'owner/'`,
      "alter database prefect set search_path = public, pg_catalog",
    ])
      await cluster.query("postgres", statement);
    await cluster.query(
      "prefect",
      `set session authorization ${hostileOwner};\n${traps(caught)}${inPrefect}`,
    );
    mkdirSync(join(folder, "bin"));
    writeFileSync(
      join(folder, "bin/podman"),
      `#!/bin/bash
if [ "$1" = secret ]; then printf '%s\\n' "$URL"; exit; fi
while [ "$1" != postgres ] || [ "$2" = postgres ]; do shift; done
exec "\${@:2}"
`,
    );
    chmodSync(join(folder, "bin/podman"), 0o755);
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(folder, { recursive: true });
    rmSync(caught, { force: true });
  });

  it("would catch a superuser who only puts his rights off", async () => {
    await cluster.query(
      "prefect",
      `begin; set local role ${hostileOwner}; select * from public.worker; commit`,
    );
    expect(readFileSync(caught, "utf8")).toContain("table as postgres");
    rmSync(caught);
  });

  it("is written down, and nobody was caught with a superuser's rights", () => {
    const { status, stderr } = health();
    expect([status, stderr]).toEqual([0, ""]);
    expect(readFileSync(join(folder, "prefect.prom"), "utf8")).toMatch(
      /^homelab_prefect_due_seconds\{deployment="nightly"\} 60$/m,
    );
    expect(existsSync(caught) ? readFileSync(caught, "utf8") : "").toBe("");
  });

  it("has the password in no argument of a program", () => {
    writeFileSync(
      join(folder, "bin/psql"),
      `#!/bin/bash\ncat >/dev/null\ntr '\\0' ' ' </proc/$$/cmdline >${join(folder, "arguments")}\n`,
      { mode: 0o755 },
    );
    expect(health().status).toBe(0);
    const given = readFileSync(join(folder, "arguments"), "utf8");
    expect(given).toContain(`--username ${hostileOwner}`);
    expect(given).not.toContain("owner/");
  });
});
