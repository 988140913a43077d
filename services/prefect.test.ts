import { describe, expect, it } from "vitest";
import { quadletText } from "../components/quadlet-service/text";
import { house } from "../power/testing";
import { checkSettings, loadSettings } from "../settings";
import { refusals } from "../settings/testing";
import type { NodeName } from "../topology";
import { postgresWith, quadletsOn, services } from ".";

const on = { enabled: true };
const around = { home: "/nowhere", exists: () => false };
function load<N extends NodeName>(node: N, keys: Record<string, object>) {
  const raw = Object.entries(keys).map(([key, value]) => [`homelab:${key}`, JSON.stringify(value)]);
  return loadSettings(node, Object.fromEntries(raw) as Record<string, string>, around);
}
const storage = load("storage", { prefect: on, jobs: on });
const run = (name: string) => {
  const found = quadletsOn({ node: house.nodes.storage, topology: house }, storage).find(
    (one) => one.name === name,
  );
  if (found === undefined) throw new Error(`${name} is off`);
  return quadletText(found.run, found.keeps, "localhost/homelab/x:1");
};

describe("Prefect's server", () => {
  it("gets its role and its database with pg_trgm on storage, beside those of the stack file", () => {
    const postgres = postgresWith(storage);
    expect(postgres.databases.prefect).toMatchObject({ owner: "prefect", extensions: ["pg_trgm"] });
    expect(Object.keys(postgres.roles)).toEqual(["prefect", "agent", "system", "ksh3"]);
    expect(postgresWith(load("storage", {})).databases).not.toHaveProperty("prefect");
  });

  it("leaves a role and a database alone that the stack file has", () => {
    const own = load("storage", {
      prefect: on,
      postgres: { roles: { prefect: { superuser: true } }, databases: { prefect: { owner: "prefect" } } },
    });
    expect(postgresWith(own)).toMatchObject({
      roles: { prefect: { superuser: true } },
      databases: { prefect: { owner: "prefect", extensions: [] } },
    });
  });

  it("keeps leases on the disk, takes old runs away, and tells nobody outside", () => {
    const text = run("prefect");
    for (const setting of [
      "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE=prefect.server.concurrency.lease_storage.filesystem",
      "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED=events,flow_runs",
      "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD=7776000",
      "PREFECT_SERVER_ANALYTICS_ENABLED=false",
    ])
      expect(text).toContain(`Environment=${setting}\n`);
    expect(text).toContain("Secret=homelab-prefect-login,type=env,target=PREFECT_SERVER_API_AUTH_STRING");
  });

  it("speaks to PostgreSQL through asyncpg, and is refused with a sentence where storage hands out no such role", () => {
    const { database } = services.prefect.secrets?.(storage.prefect) ?? {};
    const given = (dsns: Record<string, Record<string, string>>) => ({
      passwords: {},
      storage: { dsns, s3Endpoint: "", s3: {} },
    });
    expect(
      database?.(given({ prefect: { prefect: "postgresql://prefect:p%2F@10.0.0.1:5432/prefect" } })),
    ).toBe("postgresql+asyncpg://prefect:p%2F@10.0.0.1:5432/prefect");
    expect(() => database?.(given({ agent: {} }))).toThrow(/homelab:prefect names the role prefect/);
  });

  it("is no key of compute's, and refused on a desktop that is not always on", () => {
    expect(() => load("compute", { prefect: on })).toThrow(/homelab:prefect is not a known key/);
    const desktop = { ...house.nodes.desktop, lifecycle: "on-demand" as const };
    const away = { ...house, nodes: { ...house.nodes, desktop } };
    expect(
      refusals(() => {
        checkSettings(load("desktop", { prefect: on }), "desktop", away);
      }),
    ).toContain(
      "homelab:prefect is switched on: it must be off, because Prefect keeps data and desktop is on-demand in the topology.",
    );
  });
});

describe("a worker", () => {
  it("has heartbeats, so that a run whose worker vanished is found, and an end to its stop", () => {
    const text = run("jobs");
    expect(text).toContain("Environment=PREFECT_FLOWS_HEARTBEAT_FREQUENCY=30\n");
    expect(text).toContain("StopTimeout=30\n");
    expect(text).toContain("After=homelab-jobs.socket\n");
    expect(text).toContain("Volume=/run/homelab/jobs-door:/run/homelab/jobs-door\n");
  });

  it("logs in by the password of its own stack's server, else of storage's, else it is said what is missing", () => {
    const login = services.jobs.secrets?.(storage.jobs).login;
    const nothing = { dsns: {}, s3Endpoint: "", s3: {} };
    const prefect = { password: "near" };
    expect(login?.({ passwords: {}, storage: nothing, services: { prefect } })).toBe("homelab:near");
    expect(
      login?.({ passwords: {}, storage: { ...nothing, passwords: { prefect: { password: "far" } } } }),
    ).toBe("homelab:far");
    expect(() => login?.({ passwords: {}, storage: nothing })).toThrow(
      /set homelab:prefect\.enabled on storage/,
    );
  });
});
