import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { nodeNames } from "../../topology";
import { read, root } from "./markdown";

const folder = mkdtempSync(join(tmpdir(), "homelab-preview-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Runs .ci/preview as the workflow does; the parts of its output by stack. */
function preview(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(join(root, ".ci/preview"), args, {
    encoding: "utf8",
    timeout: 280_000,
  });
  const parts = stdout.split(/^== (\w+)$/m);
  const of = (stack: string) => parts[parts.indexOf(stack) + 1] ?? "";
  return { status, of, all: `${stdout}\n${stderr}` };
}

const stackFiles = () => nodeNames.map((name) => readFileSync(join(root, `Pulumi.${name}.yaml`), "utf8"));

describe("the preview of the CI workflow", { timeout: 300_000 }, () => {
  it("is what the workflow runs", () => {
    expect(read(".github/workflows/ci.yml")).toMatch(/^ +- run: bash \.ci\/preview$/m);
    expect(read(".github/workflows/ci.yml")).toMatch(/^ +- run: bash \.ci\/run$/m);
  });

  it("goes through all three stacks with the policies on, says that the nodes are off, and leaves the stack files alone", () => {
    const before = stackFiles();
    const { status, of, all } = preview();
    expect({ status, all: status === 0 ? "" : all }).toEqual({ status: 0, all: "" });
    for (const name of nodeNames) {
      expect(of(name)).toContain(`${name} (127.0.0.1`);
      expect(of(name)).toContain("this preview compares with the last known state, not with the machine");
      expect(of(name)).toMatch(/Policies:\s+✅ homelab@/);
      expect(of(name)).toMatch(/\+ \d+ to create/);
    }
    expect(of("storage")).toContain("homelab:index:PostgresNode postgres create");
    expect(of("storage")).toContain("homelab:index:SeaweedNode seaweedfs create");
    for (const reader of ["desktop", "compute"]) {
      expect(of(reader)).toContain(
        `${reader} reads where PostgreSQL and the object store are from the stack storage`,
      );
    }
    expect(stackFiles()).toEqual(before);
  });

  it("fails with one sentence for a topology that is wrong", () => {
    const file = join(folder, "topology.yaml");
    const wrong = read("tests/fixtures/topology.yaml").replace(
      "lifecycle: always-on",
      "lifecycle: on-demand",
    );
    writeFileSync(file, wrong);
    const { status, all } = preview(file);
    expect(status).not.toBe(0);
    expect(all).toContain(
      'nodes.storage.lifecycle is "on-demand": it must be always-on: storage keeps the data of all nodes.',
    );
  });
});
