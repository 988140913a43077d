import { beforeAll, describe, expect, it } from "vitest";
import type { StorageOutputs } from "../../nodes/storage-outputs";
import { onNode } from "../support/lab";
import { byHand, dsnOf, mc, psql, s3 } from "../support/services";
import { handedOut, nothingToChange, preview, refresh, up, well } from "../support/stack";

let storage: StorageOutputs;
const node = (command: string) => () => onNode("storage", command);
const sql = (database: string, statement: string) => () => byHand(database, statement);

type Change = readonly [what: string, make: () => unknown, sentence: RegExp];

/** While everything runs. */
const edits: readonly Change[] = [
  [
    "a unit file",
    node(
      "sed -i 's/^RestartSec=5$/RestartSec=50/' /etc/containers/systemd/minio.container && systemctl daemon-reload",
    ),
    /\/etc\/containers\/systemd\/minio\.container on storage was changed by hand/,
  ],
  [
    "a drop-in",
    node(
      "mkdir -p /etc/systemd/system/minio.service.d && printf '[Service]\\nNice=5\\n' >/etc/systemd/system/minio.service.d/lab.conf && systemctl daemon-reload",
    ),
    /minio\.service\.d\/lab\.conf on storage was added by hand/,
  ],
  [
    "a setting in a file, reloaded",
    node(
      "sed -i \"s/^work_mem = .*/work_mem = '1MB'/\" /etc/homelab/postgres/conf/reload.conf && podman kill -s HUP postgres",
    ),
    /\/etc\/homelab\/postgres\/conf\/reload\.conf on storage was changed by hand/,
  ],
  [
    "the firewall's rules",
    node("sed -i 's/, 10.77.0.13//' /etc/homelab/firewall.nft && systemctl reload homelab-firewall"),
    /\/etc\/homelab\/firewall\.nft on storage was changed by hand/,
  ],
  [
    "a dropped grant",
    sql("agent_gateway", "REVOKE CONNECT ON DATABASE agent_gateway FROM agent"),
    /database agent_gateway on storage: its owner agent lacks CONNECT/,
  ],
  [
    "a grant to everyone",
    sql("dagster", "GRANT CONNECT ON DATABASE dagster TO PUBLIC"),
    /database dagster on storage: everyone \(PUBLIC\) has CONNECT/,
  ],
  [
    "a schema open to everyone",
    sql("mlflow", "GRANT CREATE ON SCHEMA public TO PUBLIC"),
    /database mlflow on storage: .*PUBLIC.*public|mlflow.*schema public/,
  ],
  [
    "a role's password",
    sql("postgres", "ALTER ROLE system PASSWORD 'lab-by-hand'"),
    /role system on storage: has another password than declared/,
  ],
  [
    "a superuser too many",
    sql("postgres", "ALTER ROLE agent SUPERUSER"),
    /role agent on storage: superuser is on, declared off/,
  ],
  [
    "a role's setting",
    sql("postgres", "ALTER ROLE agent SET work_mem = '2MB'"),
    /role agent on storage: .*work_mem/,
  ],
  ["an extension", sql("agent_gateway", "DROP EXTENSION vector"), /extension vector .*is missing/],
];

/** What stops something, or takes away what the next start needs. */
const losses: readonly Change[] = [
  [
    "a stopped firewall",
    node("systemctl stop homelab-firewall"),
    /homelab-firewall\.service on storage is inactive, not active/,
  ],
  [
    "a replaced podman secret",
    node("printf by-hand | podman secret create --replace homelab-minio-root-password - >/dev/null"),
    /podman secret homelab-minio-root-password on storage was replaced by hand/,
  ],
  [
    "a removed image",
    node(
      "systemctl stop minio; podman image ls -q localhost/homelab/minio | xargs podman image rm -f >/dev/null",
    ),
    /image localhost\/homelab\/minio:\w+ on storage is missing/,
  ],
];

/** A person at a terminal is shown each change, and told by the exit code. */
function shown(changes: readonly Change[]): string {
  const { code, text } = preview("storage", "--expect-no-changes");
  expect(code).not.toBe(0);
  for (const [, , sentence] of changes) expect.soft(text).toMatch(sentence);
  return text;
}

describe("what somebody changes by hand", () => {
  beforeAll(() => {
    storage = handedOut();
    nothingToChange();
  });

  it(`is shown by preview and by refresh, and put right by the next up: ${edits.map(([what]) => what).join(", ")}`, () => {
    for (const [, make] of edits) make();
    shown(edits);
    const refreshed = well(refresh("storage")).text;
    for (const [, , sentence] of edits) expect.soft(refreshed).toMatch(sentence);
    shown(edits);
    well(up("storage"));
    nothingToChange();
    expect(psql("desktop", dsnOf(storage, "agent", "agent_gateway"), "SHOW work_mem")).toBe("8MB");
    expect(psql("desktop", dsnOf(storage, "system", "dagster"), "SELECT 1")).toBe("1");
    expect(psql("compute", dsnOf(storage, "system", "dagster"), "SELECT 2")).toBe("2");
  });

  it(`and what is gone is there again: ${losses.map(([what]) => what).join(", ")}`, () => {
    for (const [, make] of losses) make();
    shown(losses);
    well(up("storage"));
    nothingToChange();
    expect(s3(storage, "mlflow", "GET", "mlflow").status).toBe(200);
    expect(s3(storage, "mlflow", "GET", "parquet").status).toBe(403);
  });

  it("in PostgreSQL's own places for settings, and its superuser's password, is named and taken out without a restart", () => {
    const started = byHand("postgres", "SELECT pg_postmaster_start_time()");
    onNode(
      "storage",
      "printf \"work_mem = '1GB'\\nfsync = off\\n\" >>/srv/homelab/postgres/18/docker/postgresql.auto.conf; podman kill --signal HUP postgres",
    );
    byHand("postgres", "ALTER ROLE ALL SET synchronous_commit = off");
    byHand("postgres", "ALTER DATABASE dagster SET synchronous_commit = off");
    const { code, text } = preview("storage", "--expect-no-changes");
    expect(code).not.toBe(0);
    expect(text).toMatch(
      /postgres\.service on storage runs, but its health check fails: .*fsync is set in \S*postgresql\.auto\.conf/,
    );
    expect(text).toMatch(/synchronous_commit is set by hand for all roles in all databases/);
    expect(text).toMatch(/database dagster on storage: has settings of its own \(synchronous_commit\)/);
    byHand("postgres", "ALTER ROLE postgres PASSWORD 'lab-by-hand'");
    well(up("storage"));
    nothingToChange();
    expect(byHand("postgres", "SHOW fsync")).toBe("on");
    expect(byHand("dagster", "SHOW synchronous_commit")).toBe("on");
    expect(byHand("postgres", "SELECT pg_postmaster_start_time()")).toBe(started);
  });

  it("is shown when a service was stopped: what is in it cannot be asked, and the preview goes on", () => {
    onNode("storage", "systemctl stop postgres minio");
    const { code, text } = preview("storage", "--expect-no-changes");
    expect(code).not.toBe(0);
    for (const service of ["postgres", "minio"])
      expect(text).toContain(`${service}.service on storage is inactive, not active`);
    expect(text).not.toContain("preview failed");
    well(up("storage"));
    nothingToChange();
  });

  it("in MinIO is shown by a plain preview, though its plugin looks at the server only when it is told to", () => {
    const made = { dagster: "homelab-dagster", mlflow: "homelab-mlflow" };
    mc("admin user remove root dagster");
    mc(`admin policy attach root readwrite --user mlflow`);
    mc("anonymous set download root/parquet");
    const { code, text } = preview("storage", "--expect-no-changes");
    expect(code).not.toBe(0);
    expect.soft(text).toMatch(/the user dagster on storage is missing/);
    expect
      .soft(text)
      .toMatch(/the user mlflow on storage has [\w,-]*readwrite[\w,-]*, declared is homelab-mlflow/);
    expect.soft(text).toMatch(/the bucket parquet on storage has a policy of its own/);
    well(up("storage"));
    nothingToChange();
    for (const [user, policy] of Object.entries(made)) {
      expect(mc(`admin user info root ${user}`)).toContain(`"policyName":"${policy}"`);
    }
    expect(s3(storage, "dagster", "GET", "parquet").status).toBe(200);
    expect(s3(storage, "mlflow", "GET", "parquet").status).toBe(403);
  });
});

describe("when nobody changed anything", () => {
  it("a refresh finds nothing, and nothing is to be done after it", () => {
    const { text } = well(refresh("storage", "--expect-no-changes"));
    expect(text).not.toMatch(/ ~ .* updated/);
    nothingToChange();
  });
});
