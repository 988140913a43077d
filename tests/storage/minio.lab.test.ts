import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StorageOutputs } from "../../nodes/storage-outputs";
import { onNode } from "../support/lab";
import { incarnation, mc, s3 } from "../support/services";
import { ChangedConfig, handedOut, preview, up } from "../support/stack";

let storage: StorageOutputs;
const object = "mlflow/lab-test/model.txt";

describe("MinIO on storage", () => {
  beforeAll(() => {
    storage = handedOut();
  });
  afterAll(() => {
    mc("rm --recursive --force --versions root/mlflow/lab-test");
    mc("rm --recursive --force --versions root/parquet/lab-test || true");
  });

  it("gives mlflow's user back what it put", () => {
    expect(s3(storage, "mlflow", "PUT", object, "first")).toEqual({ status: 200, body: "" });
    expect(s3(storage, "mlflow", "GET", object)).toEqual({ status: 200, body: "first" });
  });

  it.each(["parquet", "iceberg"])("refuses mlflow's user on %s, to write, read and list", (bucket) => {
    for (const refused of [
      s3(storage, "mlflow", "PUT", `${bucket}/lab-test/a`, "x"),
      s3(storage, "mlflow", "GET", `${bucket}/lab-test/a`),
      s3(storage, "mlflow", "GET", bucket),
    ]) {
      expect(refused.status).toBe(403);
      expect(refused.body).toContain("AccessDenied");
    }
  });

  it("lets dagster's user into parquet and iceberg, and not into mlflow", () => {
    expect(s3(storage, "dagster", "PUT", "parquet/lab-test/a", "x").status).toBe(200);
    expect(s3(storage, "dagster", "DELETE", "parquet/lab-test/a").status).toBe(204);
    expect(s3(storage, "dagster", "GET", "iceberg").status).toBe(200);
    expect(s3(storage, "dagster", "GET", object).status).toBe(403);
  });

  it("keeps what was overwritten or deleted in mlflow, which is versioned, and lets no consumer take that away", () => {
    s3(storage, "mlflow", "PUT", object, "second");
    expect(s3(storage, "mlflow", "DELETE", object).status).toBe(204);
    expect(s3(storage, "mlflow", "GET", object).status).toBe(404);
    const versions = mc("ls --versions root/mlflow/lab-test/")
      .split("\n")
      .map((line) => JSON.parse(line) as { versionId: string; isDeleteMarker?: boolean; size: number });
    expect(versions.filter(({ isDeleteMarker }) => isDeleteMarker !== true).length).toBe(2);
    const oldest = versions.find(({ size }) => size === "first".length);
    expect(oldest).toBeDefined();
    const path = `${object}?versionId=${oldest?.versionId ?? ""}`;
    expect(s3(storage, "mlflow", "GET", path)).toEqual({ status: 200, body: "first" });
    expect(s3(storage, "mlflow", "DELETE", path).status).toBe(403);
  });

  it("keeps all versions of a versioned bucket whatever its consumer asks for, and whatever root suspends", () => {
    s3(storage, "mlflow", "PUT", object, "kept");
    const before = mc("ls --versions --recursive root/mlflow/lab-test/").split("\n").length;
    const forced = s3(storage, "mlflow", "DELETE", "mlflow/lab-test", "", { "x-minio-force-delete": "true" });
    expect(forced.body).toContain("force-delete is forbidden");
    expect(mc("ls --versions --recursive root/mlflow/lab-test/").split("\n")).toHaveLength(before);
    expect(() => mc("version suspend root/mlflow")).toThrow();
    expect(mc("version info root/mlflow")).toContain('"status":"Enabled"');
  });

  it("is versioned where the configuration says so, and nowhere else", () => {
    const state = (bucket: string) =>
      (JSON.parse(mc(`version info root/${bucket}`)) as { versioning: { status?: string } }).versioning
        .status;
    expect(state("mlflow")).toBe("Enabled");
    expect(state("parquet")).not.toBe("Enabled");
  });

  it("is not left for an engine that would begin empty: a preview fails, an up ends, and nothing was touched", () => {
    expect(s3(storage, "mlflow", "PUT", object, "kept").status).toBe(200);
    const before = incarnation("minio");
    const other = new ChangedConfig().with([[["homelab:objectStore", "engine"], "seaweedfs"]]);
    const sentence = "SeaweedFS would begin with empty buckets. Set homelab:objectStore.engine to minio";
    for (const run of [preview("storage", ...other), up("storage", ...other)]) {
      expect(run.code).not.toBe(0);
      expect(run.text.replace(/\s+/g, " ")).toContain(sentence);
    }
    expect(incarnation("minio")).toBe(before);
    expect(s3(storage, "mlflow", "GET", object)).toEqual({ status: 200, body: "kept" });
    expect(onNode("storage", "ls /srv/homelab")).not.toContain("seaweedfs");
  });

  it("shows nothing to one who has no key", () => {
    const asked = `curl -s -o /dev/null -w '%{http_code}' ${storage.S3_ENDPOINT}/mlflow/`;
    expect(onNode("desktop", asked)).toBe("403");
  });

  it("has its API on 9000 and its console on 9001, for the nodes", () => {
    expect(storage.S3_ENDPOINT).toBe("http://10.77.0.11:9000");
    expect(storage.S3_CONSOLE).toBe("http://10.77.0.11:9001");
    expect(onNode("compute", `curl -sf -o /dev/null -w '%{http_code}' ${storage.S3_CONSOLE}/`)).toBe("200");
  });
});
