import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StorageOutputs } from "../../nodes/storage-outputs";
import { onNode } from "../support/lab";
import { seaweedShell, switchOn } from "../support/seaweed";
import { mc, s3 } from "../support/services";
import { handedOut, nothingToChange, preview, pulumi, up, well } from "../support/stack";
import { meantForAll, openToStranger } from "../support/stranger";

/** With `lab/objects on`: SeaweedFS runs beside MinIO on storage. */
const root = join(__dirname, "../..");
const seaweed = "http://10.77.0.11:8333";
let storage: StorageOutputs;

/** SeaweedFS in the place of what serves. */
const inSeaweed = (): StorageOutputs => ({ ...storage, S3_ENDPOINT: seaweed });
const migrate = (verb: string) => {
  const done = spawnSync(join(root, "lab/homelab"), ["objects", "migrate", verb], {
    ...{ cwd: root, encoding: "utf8", timeout: 280_000 },
  });
  return { code: done.status, text: `${done.stdout}\n${done.stderr}` };
};
const set = (path: string, value: string | undefined) =>
  well(
    value === undefined
      ? pulumi("storage", "config", "rm", "--path", path)
      : pulumi("storage", "config", "set", "--path", path, value),
  );

describe("SeaweedFS beside MinIO on storage", () => {
  beforeAll(() => {
    switchOn();
    storage = handedOut();
  });
  afterAll(() => {
    pulumi("storage", "config", "rm", "--path", "homelab:objectStore.readOnly");
    mc("rm --recursive --force --versions root/mlflow/beside || true");
  });

  it("runs as a unit of its own: as its user, read-only, without privileges, within its memory", () => {
    expect(onNode("storage", "systemctl is-active seaweedfs.service").trim()).toBe("active");
    const asked = "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}}";
    expect(onNode("storage", `podman inspect seaweedfs --format '${asked}'`)).toMatch(
      /^1000:1000 true \[.*CAP_/,
    );
    expect(onNode("storage", "systemctl show -p MemoryMax --value seaweedfs.service").trim()).toBe(
      String(1024 ** 3),
    );
  });

  it("needs no change after its up", () => {
    nothingToChange();
  });

  it("serves what MinIO's users put, by the same keys, and lets them take no former version away", () => {
    const object = "mlflow/beside/of-its-own";
    const at = inSeaweed();
    expect(s3(at, "mlflow", "PUT", object, "first").status).toBe(200);
    expect(s3(at, "mlflow", "PUT", object, "second").status).toBe(200);
    expect(s3(at, "mlflow", "GET", object)).toEqual({ status: 200, body: "second" });
    expect(s3(at, "mlflow", "PUT", "parquet/beside", "x").status).toBe(403);
    const listed = s3(storage, "mlflow", "GET", "mlflow?prefix=beside/");
    expect(listed.body).not.toContain("of-its-own");
  });

  it("has its doors where they should be, and only there", () => {
    const listens = onNode("storage", "ss -Hltn | awk '{print $4}'");
    for (const port of [9333, 9334, 9335, 19333, 19334, 19335])
      expect([port, new RegExp(`^(\\S+):${port}$`, "m").exec(listens)?.[1]]).toEqual([port, "127.0.0.1"]);
    const code = "curl -s -o /dev/null -m 5 -w '%{http_code}'";
    expect(onNode("desktop", `${code} ${seaweed}/mlflow/`)).toBe("403");
    // S3 for gRPC listens where S3 does.
    expect(listens).toMatch(/^\*:18333$/m);
    expect(
      onNode(
        "desktop",
        "timeout 5 bash -c '</dev/tcp/10.77.0.11/18333' 2>/dev/null && echo open || echo closed",
      ),
    ).toBe("closed\n");
    expect(openToStranger("storage")).toEqual(meantForAll("storage"));
  });

  it("comes back with its objects after it was killed", () => {
    const at = inSeaweed();
    expect(s3(at, "dagster", "PUT", "parquet/beside/kept", "kept").status).toBe(200);
    onNode("storage", "systemctl kill -s KILL seaweedfs.service");
    onNode(
      "storage",
      "for i in $(seq 120); do curl -fs -o /dev/null http://127.0.0.1:8333/healthz && exit 0; sleep 1; done; exit 1",
    );
    let answer = s3(at, "dagster", "GET", "parquet/beside/kept");
    for (const end = Date.now() + 120_000; answer.status !== 200 && Date.now() < end;)
      answer = s3(at, "dagster", "GET", "parquet/beside/kept");
    expect(answer.body).toBe("kept");
    expect(s3(at, "dagster", "DELETE", "parquet/beside/kept").status).toBe(204);
  });

  it("shows fsync that was switched off by hand, and an up switches it on", () => {
    seaweedShell("fs.configure -locationPrefix=/buckets/ -fsync=false -apply");
    expect(preview("storage", "--diff").text).toMatch(/acknowledged before they are on the disk/);
    well(up("storage"));
    nothingToChange();
  });
});

describe("homelab objects migrate on storage", () => {
  it("plans, copies, and refuses to switch while consumers may write", () => {
    // What the tests above put into the target alone.
    const object = "mlflow/beside/moved";
    for (const body of ["one", "two"]) expect(s3(storage, "mlflow", "PUT", object, body).status).toBe(200);
    expect(migrate("plan").text).toMatch(/mlflow +yes/);
    const run = migrate("run");
    // Its history there is of its own.
    expect(run.text).toContain("mlflow/beside/of-its-own: the target has versions");
    expect(run.code).toBe(1);
    expect(s3(inSeaweed(), "mlflow", "GET", object)).toEqual({ status: 200, body: "two" });
    const refused = migrate("switch");
    expect([refused.code, refused.text]).toEqual([1, expect.stringContaining("Consumers may write")]);
  });

  it("consumers that only read read, and write to neither", () => {
    set("homelab:objectStore.readOnly", "true");
    try {
      well(up("storage"));
      for (const at of [storage, inSeaweed()]) {
        expect(s3(at, "mlflow", "GET", "mlflow/beside/moved").body).toBe("two");
        expect(s3(at, "mlflow", "PUT", "mlflow/beside/moved", "three").status).toBe(403);
        expect(s3(at, "mlflow", "DELETE", "mlflow/beside/moved").status).toBe(403);
      }
    } finally {
      set("homelab:objectStore.readOnly", undefined);
      well(up("storage"));
    }
    expect(s3(storage, "mlflow", "PUT", "mlflow/beside/moved", "three").status).toBe(200);
  });
});
