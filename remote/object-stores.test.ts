import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { scriptText } from "./run";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homelab-object-stores-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const put = (path: string, bytes = 100) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), Buffer.alloc(bytes));
};

function ask(end = "end\n") {
  const script = scriptText("object-stores").replace("/etc/containers/systemd", `${folder}/quadlets`);
  const { status, stdout, stderr } = spawnSync("bash", ["-c", script], {
    encoding: "utf8",
    input: `minio\t${folder}/minio\nseaweedfs\t${folder}/weed\n${end}`,
  });
  return { status, stderr, rows: stdout.split("\n").filter((line) => line !== "") };
}

describe("what each engine of the object store has", () => {
  it("is nothing where neither was ever set up", () => {
    expect(ask()).toEqual({
      status: 0,
      stderr: "",
      rows: ["minio\tgone\tempty\toff", "seaweedfs\tgone\tempty\toff"],
    });
  });

  it("is no object where MinIO has buckets, and its own files in them and beside them", () => {
    mkdirSync(join(folder, "minio/mlflow"), { recursive: true });
    put("minio/.minio.sys/buckets/mlflow/.metadata.bin/xl.meta");
    put("minio/.lock");
    const { rows } = ask();
    expect(rows.slice(0, 2)).toEqual(["minio\tthere\tempty\toff", "seaweedfs\tgone\tempty\toff"]);
    expect(rows.slice(2)).toEqual(["bucket\tmlflow"]);
  });

  it("is objects where one lies in any bucket of MinIO's", () => {
    put("minio/.minio.sys/format.json");
    mkdirSync(join(folder, "minio/empty"));
    put("minio/parquet/a folder/an object/xl.meta");
    put("quadlets/minio.container");
    expect(ask().rows[0]).toBe("minio\tthere\tholds\truns");
  });

  it("is no object where SeaweedFS has volumes without anything in them, or only its diary", () => {
    put("weed/mlflow_3.dat", 8);
    put("weed/7.dat", 4096);
    put("weed/filerldb2/000001.log");
    expect(ask().rows).toEqual(["minio\tgone\tempty\toff", "seaweedfs\tthere\tempty\toff"]);
    put("weed/mlflow_4.dat", 9);
    expect(ask().rows[1]).toBe("seaweedfs\tthere\tholds\toff");
  });

  it("is not answered where the question was cut short", () => {
    expect(ask("")).toMatchObject({ status: 30, rows: [] });
  });
});
