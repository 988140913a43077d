import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StorageOutputs } from "../../nodes/storage-outputs";
import { snapshot } from "../support/backup";
import { onNode } from "../support/lab";
import { dsnOf, psql, s3 } from "../support/services";
import { handedOut, nothingToChange, preview, pulumi, up, well } from "../support/stack";

/** docs/runbooks/state.md, "When it is lost": `stack init`, `up`. */
const here = "/srv/state-test";
const agent = (storage: StorageOutputs) => dsnOf(storage, "agent", "agent_gateway");
const startedAt = (unit: string) =>
  onNode("storage", `systemctl show -p ActiveEnterTimestampMonotonic --value ${unit}`).trim();

/** restic on desktop, with what desktop was given at its last up. */
const fromDesktop = (words: string) =>
  onNode(
    "desktop",
    `. /etc/homelab/backup-files/config
    podman run --rm --network host --secret homelab-backup-files-repository --secret homelab-backup-node-key \
      --env RESTIC_REPOSITORY_FILE=/run/secrets/homelab-backup-files-repository \
      --env RESTIC_PASSWORD_FILE=/run/secrets/homelab-backup-node-key \
      --entrypoint restic "$RESTIC_IMAGE" --no-cache ${words}`,
  );

const loseState = (node: "storage" | "desktop") =>
  well(pulumi(node, "stack", "rm", "--force", "--yes", "--preserve-config"));

let before: StorageOutputs;
let started: string[];
const units = ["postgres", "minio", "homelab-backup-repository", "homelab-backup-wal"];

describe("a stack whose state is lost", () => {
  beforeAll(() => {
    for (const node of ["storage", "desktop"] as const) well(up(node));
    before = handedOut();
    psql(
      "desktop",
      agent(before),
      "DROP TABLE IF EXISTS lab_state; CREATE TABLE lab_state AS SELECT 'ten years' AS words",
    );
    expect(s3(before, "mlflow", "PUT", "mlflow/lab-state", "ten years").status).toBe(200);
    onNode(
      "desktop",
      `mkdir -p ${here}/lists; seq 100 >${here}/file; echo ${here}/file >${here}/lists/paths
      : >${here}/lists/paths-if-there; : >${here}/lists/excludes
      sed 's|^BACKUP_DIRECTORY=.*|BACKUP_DIRECTORY=${here}/state|' /etc/homelab/backup-files/config >${here}/lists/config
      HOMELAB_BACKUP_CONFIG=${here}/lists/config /usr/local/lib/homelab/backup-files/files.sh`,
    );
    started = units.map(startedAt);
    loseState("storage");
    well(up("storage"));
  });
  afterAll(() => {
    onNode("desktop", `rm -rf ${here} /var/lib/homelab/metrics/homelab_backup_files.prom`);
    psql("desktop", agent(handedOut()), "DROP TABLE IF EXISTS lab_state");
    for (const node of ["desktop", "compute"] as const) well(up(node));
  });

  it("hands out the former passwords and keys, for it takes them over from the node", () => {
    const after = handedOut();
    expect(after.dsns).toEqual(before.dsns);
    expect(after.s3).toEqual(before.s3);
    expect(after.backup).toEqual(before.backup);
  });

  it("has every service answer to what it answered before, and restarted none", () => {
    expect(psql("desktop", agent(before), "SELECT words FROM lab_state")).toBe("ten years");
    expect(s3(before, "mlflow", "GET", "mlflow/lab-state").body).toBe("ten years");
    expect(units.map(startedAt)).toEqual(started);
  });

  it("opens every backup, from storage and from the node that made it, which had no up since", () => {
    expect(snapshot("desktop", "ls latest")).toContain(`${here}/file`);
    expect(fromDesktop("ls latest")).toContain(`${here}/file`);
  });

  it("has nothing to change afterwards, and neither have the stacks that read it", () => {
    nothingToChange();
    well(preview("desktop", "--expect-no-changes"));
  });

  it("may be desktop's, too", () => {
    loseState("desktop");
    well(up("desktop"));
    well(preview("desktop", "--expect-no-changes"));
    expect(fromDesktop("ls latest")).toContain(`${here}/file`);
  });
});

describe("the key to the backups", () => {
  it("is never replaced, not even when somebody asks for a new one", () => {
    const key = handedOut().backup?.key;
    const { text } = well(up("storage", "--replace", "**RandomPassword::backup-key"));
    expect(text).toContain("homelab-backup-key on storage is not replaced");
    expect(handedOut().backup?.key).toBe(key);
    expect(snapshot("desktop", "snapshots")).toContain("snapshots");
    nothingToChange();
  });

  it("stays on the other nodes when storage was set up anew with another one", () => {
    // As after the loss of storage's disk and of the state.
    onNode(
      "storage",
      "podman secret inspect --showsecret --format '{{.SecretData}}' homelab-backup-key >/dev/shm/key; podman secret rm homelab-backup-key; printf new | podman secret create homelab-backup-key - >/dev/null",
    );
    try {
      well(up("storage"));
      const run = up("desktop");
      expect(run.code).not.toBe(0);
      expect(run.text.replaceAll(/\s+/g, " ")).toContain(
        "The podman secret homelab-backup-key on desktop holds another value than this run would put there",
      );
      expect(fromDesktop("snapshots")).toContain("snapshots");
    } finally {
      onNode(
        "storage",
        "head -c -1 /dev/shm/key | podman secret create --replace homelab-backup-key - >/dev/null; rm /dev/shm/key",
      );
      for (const node of ["storage", "desktop"] as const) well(up(node));
      nothingToChange();
    }
  });
});
