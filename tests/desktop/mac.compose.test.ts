import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** Docker Compose's own reading of the files for a Mac, by lab/compose. */
const root = join(__dirname, "../..");
const checker = process.env.COMPOSE_CHECK ?? "";
const folder = mkdtempSync(join(tmpdir(), "homelab-mac-"));
const out = join(folder, "out");
const check = (file: string) => spawnSync(checker, [file], { encoding: "utf8" });

const dsn = (name: string) => ({ [name]: `postgresql://${name}:p$a'\${x}@10.0.0.1:5432/${name}` });
const handedOut = {
  dsns: { familiar: dsn("familiar"), graph: dsn("graph_kernel"), rag: dsn("rag") },
  ...{ S3_ENDPOINT: "http://10.0.0.1:9000", s3: { creative: { accessKey: "creative", secretKey: "s$s" } } },
};

beforeAll(() => {
  cpSync(join(root, "examples/workloads"), folder, { recursive: true });
  execFileSync(
    process.execPath,
    [
      ...[join(root, "cli/homelab.cjs"), "desktop", "compose", "--out", out, "--secrets"],
      ...["--topology", join(folder, "topology.yaml")],
    ],
    { input: JSON.stringify(handedOut), stdio: ["pipe", "pipe", "pipe"] },
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("Docker Compose", () => {
  it("takes the file, and reads every secret as it is", () => {
    const { status, stdout, stderr } = check(join(out, "compose.yaml"));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { services } = JSON.parse(stdout) as {
      services: Record<string, { environment: Record<string, string>; privileged?: boolean }>;
    };
    expect(Object.keys(services)).toHaveLength(7);
    expect(services["workload-familiar"]?.environment.DATABASE_URL).toBe(handedOut.dsns.familiar.familiar);
    expect(services["workload-creative-pipeline"]?.environment.AWS_SECRET_ACCESS_KEY).toBe("s$s");
  });

  it("refuses a file with a key that the specification does not have, so that the test above can fail", () => {
    const wrong = join(out, "wrong.yaml");
    writeFileSync(wrong, readFileSync(join(out, "compose.yaml"), "utf8").replace("restart:", "restarts:"));
    expect(check(wrong)).toMatchObject({ status: 1, stderr: expect.stringContaining("restarts") as unknown });
  });

  it("misses a secret file that is not there", () => {
    rmSync(join(out, "secrets/workload-familiar.env"));
    expect(check(join(out, "compose.yaml"))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("workload-familiar.env") as unknown,
    });
  });
});
