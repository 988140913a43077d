import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StorageOutputs } from "../../nodes/storage-outputs";
import { script } from "../support/backup";
import { onNode } from "../support/lab";
import { seaweedShell, switchOn } from "../support/seaweed";
import { s3 } from "../support/services";
import { handedOut, nothingToChange, preview, pulumi, up, well } from "../support/stack";

/** With `lab/objects on`: SeaweedFS takes MinIO's place, and gives it back. */
const root = join(__dirname, "../..");
const set = (path: string, value: string) => well(pulumi("storage", "config", "set", "--path", path, value));
/** S3 as its root user, on the machine. */
const asRoot = (method: string, path: string, body = "") =>
  onNode(
    "storage",
    `user=$(podman secret inspect --showsecret -f '{{.SecretData}}' homelab-seaweedfs-root-user):$(podman secret inspect --showsecret -f '{{.SecretData}}' homelab-seaweedfs-root-password)
printf 'user = "%s"\\n' "$user" | curl -sf --config - --aws-sigv4 aws:amz:us-east-1:s3 -X ${method} --data-raw '${body}' 'http://127.0.0.1:8333/${path}'`,
  );
const restarted = () =>
  onNode("storage", "systemctl show -p ActiveEnterTimestampMonotonic --value seaweedfs");

describe("SeaweedFS in MinIO's place", () => {
  let before: StorageOutputs;
  let after: StorageOutputs;

  beforeAll(() => {
    switchOn();
    before = handedOut();
    set("homelab:objectStore.engine", "seaweedfs");
    set("homelab:objectStore.beside", "minio");
    well(up("storage"));
    after = handedOut();
  });
  afterAll(() => {
    pulumi("storage", "config", "rm", "--path", "homelab:objectStore.engine");
    set("homelab:objectStore.beside", "seaweedfs");
    well(up("storage"));
  });

  it("is handed out under the same names, with the same keys, and needs no change after its up", () => {
    expect(after.S3_ENDPOINT).toBe("http://10.77.0.11:8333");
    expect(before.S3_ENDPOINT).toBe("http://10.77.0.11:9000");
    expect(after.s3).toEqual(before.s3);
    nothingToChange();
  });

  it("takes little memory while nobody asks", () => {
    const said = onNode(
      "storage",
      "for name in seaweedfs minio; do awk -v name=$name '/^VmRSS/ { print name, int($2 / 1024) }' /proc/$(podman inspect -f '{{.State.Pid}}' $name)/status; done",
    );
    process.stderr.write(`resident, MiB: ${said.trim().replace("\n", ", ")}\n`);
    expect(Number(/seaweedfs (\d+)/.exec(said)?.[1])).toBeLessThan(512);
  });

  it("is backed up, and an object that its user removed comes back from there", () => {
    const object = "parquet/store/kept";
    expect(s3(after, "dagster", "PUT", object, "kept").status).toBe(200);
    expect(script("buckets.sh")).toMatchObject({ code: 0 });
    expect(s3(after, "dagster", "DELETE", object).status).toBe(204);
    expect(s3(after, "dagster", "GET", object).status).toBe(404);
    expect(script("buckets.sh", "restore", "parquet")).toMatchObject({ code: 0 });
    expect(s3(after, "dagster", "GET", object)).toEqual({ status: 200, body: "kept" });
  });

  it("shows a bucket, a user, a policy, versioning and fsync that were changed by hand, and an up puts all right", () => {
    expect(s3(after, "mlflow", "PUT", "mlflow/store/stays", "stays").status).toBe(200);
    const everybody =
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::mlflow/*"]}]}';
    asRoot("PUT", "mlflow?policy=", everybody);
    asRoot(
      "PUT",
      "mlflow?versioning=",
      "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
    );
    seaweedShell(
      "fs.configure -locationPrefix=/buckets/ -fsync=false -apply",
      "s3.bucket.delete -name parquet",
    );
    // Another key for mlflow in the file of identities, as somebody would change it: the secret, and a restart.
    onNode(
      "storage",
      `secret=homelab-seaweedfs-identities
podman secret inspect --showsecret -f '{{.SecretData}}' $secret | sed -E 's/("accessKey":"mlflow","secretKey":")/\\1x/' | podman secret create --replace $secret - >/dev/null
systemctl restart seaweedfs
for i in $(seq 120); do curl -fs -o /dev/null http://127.0.0.1:8333/healthz && exit 0; sleep 1; done; exit 1`,
    );
    expect(s3(after, "mlflow", "GET", "mlflow/store/stays").status).toBe(403);
    const { text } = preview("storage", "--diff");
    for (const sentence of [
      /objects are acknowledged before they are on the disk/,
      /bucket parquet on storage is missing/,
      /bucket mlflow on storage keeps no former versions/,
      /bucket mlflow on storage has a policy of its own/,
      /user mlflow on storage is not known with the declared key/,
    ])
      expect(text).toMatch(sentence);
    well(up("storage"));
    nothingToChange();
    expect(s3(after, "mlflow", "GET", "mlflow/store/stays")).toEqual({ status: 200, body: "stays" });
    expect(s3(after, "dagster", "GET", "parquet/store/kept").status).toBe(404);
    expect(script("buckets.sh", "restore", "parquet")).toMatchObject({ code: 0 });
    expect(s3(after, "dagster", "GET", "parquet/store/kept").body).toBe("kept");
  });

  it("is well only while it can write: an up to less room than it asks for fails, and the former comes back", () => {
    set("homelab:seaweedfs.minFreeSpace", "90000GiB");
    try {
      // It waits for the new one to be well, and then for the former one: minutes.
      const failed = spawnSync(join(root, "lab/pulumi"), ["storage", "up", "--yes", "--skip-preview"], {
        ...{ cwd: root, encoding: "utf8", timeout: 800_000 },
      });
      expect(failed.status).not.toBe(0);
      expect(failed.stdout + failed.stderr).toContain("no volume can be written");
    } finally {
      well(pulumi("storage", "config", "rm", "--path", "homelab:seaweedfs.minFreeSpace"));
    }
    well(up("storage"));
    const since = restarted();
    nothingToChange();
    expect(s3(after, "dagster", "PUT", "parquet/store/after", "after").status).toBe(200);
    expect(restarted()).toBe(since);
  }, 1_500_000);
});

describe("MinIO's house", () => {
  it("is what it was once SeaweedFS is taken out", () => {
    const done = spawnSync(join(root, "lab/objects"), ["off"], { cwd: root, encoding: "utf8" });
    expect([done.status, done.stderr]).toEqual([0, expect.any(String)]);
    nothingToChange();
    expect(onNode("storage", "podman ps -a --format '{{.Names}}'")).not.toContain("seaweedfs");
    expect(s3(handedOut(), "mlflow", "PUT", "mlflow/store/minio", "again").status).toBe(200);
  }, 900_000);
});
