import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StorageOutputs } from "../../nodes/storage-outputs";
import { onNode } from "../support/lab";
import { deleteData, deleteRefusal, keptData } from "../support/kept";
import { dsnOf, psql, s3 } from "../support/services";
import { destroy, handedOut, nothingToChange, up, well } from "../support/stack";

const directories = ["/srv/homelab/minio", "/srv/homelab/postgres"];
const agent = (storage: StorageOutputs) => dsnOf(storage, "agent", "agent_gateway");
/** What is kept of PostgreSQL and MinIO; a cluster on storage has data of its own. */
const kept = () => keptData("storage").filter(({ path }) => directories.includes(path));
let before: StorageOutputs;

// Each goes on from the one before it: one life of a stack and its data.
describe("a stack that is destroyed", () => {
  beforeAll(() => {
    before = handedOut();
    psql(
      "desktop",
      agent(before),
      "DROP TABLE IF EXISTS lab_outlives; CREATE TABLE lab_outlives AS SELECT 'still here' AS words",
    );
    expect(s3(before, "mlflow", "PUT", "mlflow/lab-outlives", "still here").status).toBe(200);
  });
  afterAll(() => {
    well(up("storage"));
    for (const node of ["desktop", "compute"] as const) well(up(node));
  });

  it("has data that cannot be deleted while it is up", () => {
    expect(
      kept()
        .map(({ path, state }) => `${path} ${state}`)
        .sort(),
    ).toEqual([
      "/srv/homelab/minio in use by minio.service",
      "/srv/homelab/postgres in use by postgres.service",
    ]);
    for (const path of [...directories, "/srv", "/etc"])
      expect(deleteRefusal("storage", path)).toContain(
        `${path} is not data that a unit left behind: nothing was deleted.`,
      );
    nothingToChange();
  });

  it("says where its data stays", () => {
    const said = well(destroy("storage")).text;
    for (const directory of directories)
      expect(said).toMatch(new RegExp(`${directory}.*on storage|storage.*${directory}`));
    expect(said).toContain("delete-data");
  });

  it("leaves nothing running on the node, no file, no open port, and of the secrets those that open what is kept", async () => {
    const secrets = onNode("storage", "podman secret ls --format '{{.Name}}'").trim().split("\n");
    for (const opens of ["homelab-backup-key", "homelab-postgres-role-agent", "homelab-minio-user-mlflow"])
      expect(secrets).toContain(opens);
    expect(secrets).not.toContain("homelab-backup-users");
    const left = () =>
      onNode(
        "storage",
        `podman ps -a --format '{{.Names}} {{.Status}}'; find /etc/containers/systemd -type f; find /etc/homelab -type f 2>/dev/null;
       nft list tables | grep homelab; systemctl list-units --all --no-legend 'postgres*' 'minio*' 'homelab*'; ss -Hltn 'sport = 5432 or sport = 9000'; true`,
      ).trim();
    // podman takes the container of a job that was stopped away after its unit has ended.
    await expect.poll(left, { timeout: 30_000, interval: 1000 }).toBe("");
  });

  it("has its data listed, as left behind", () => {
    expect(
      kept()
        .map(({ path, state }) => `${path} ${state}`)
        .sort(),
    ).toEqual([
      "/srv/homelab/minio left behind by minio.service",
      "/srv/homelab/postgres left behind by postgres.service",
    ]);
  });

  it("takes its data over at the next up, with the former passwords", () => {
    well(up("storage"));
    nothingToChange();
    expect(handedOut()).toEqual(before);
    expect(psql("desktop", agent(before), "SELECT words FROM lab_outlives")).toBe("still here");
    expect(s3(before, "mlflow", "GET", "mlflow/lab-outlives").body).toBe("still here");
  });

  it("loses its data only by the second step, and begins from nothing then", () => {
    well(destroy("storage"));
    deleteData("storage", directories);
    expect(kept()).toEqual([]);
    expect(onNode("storage", `ls -d ${directories.join(" ")} 2>/dev/null || true`).trim()).toBe("");
    well(up("storage"));
    nothingToChange();
    const after = handedOut();
    expect(psql("desktop", agent(after), "SELECT to_regclass('lab_outlives') IS NULL")).toBe("t");
    expect(s3(after, "mlflow", "GET", "mlflow/lab-outlives").status).toBe(404);
  });
});
