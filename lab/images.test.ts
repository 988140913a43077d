import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let project = "";
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "lab-images-"));
  for (const part of ["lib", "stacks", "images"])
    cpSync(join(__dirname, part), join(project, "lab", part), { recursive: true });
});
afterEach(() => {
  rmSync(project, { recursive: true, force: true });
});

const imagesOf = (...nodes: string[]) => [
  "-c",
  'set -euo pipefail; . "$1/lab/lib/all.sh"; shift; images_of "$@"',
  "-",
  project,
  ...nodes,
];
const made = (...nodes: string[]) =>
  execFileSync("bash", imagesOf(...nodes), { encoding: "utf8" })
    .trim()
    .split("\n");
const stack = (node: string, content: string) => {
  writeFileSync(join(project, "lab/stacks", `Pulumi.${node}.yaml`), content);
};

describe("the images that the lab makes", () => {
  it("are those that its stack files name", () => {
    expect(made("storage")).toEqual(["minio", "postgres", "restic"]);
    expect(made("compute")).toEqual(["dagster", "llama-cpp", "mlflow", "ollama", "vllm"]);
  });

  it("come with a service that a stack file gets, once for all nodes that run it", () => {
    stack("storage", "config:\n  homelab:toy:\n    image: localhost/homelab-lab/prometheus:3.5\n");
    stack("desktop", "config:\n  homelab:toy:\n    image: localhost/homelab-lab/prometheus:3.5\n");
    expect(made("storage", "desktop")).toEqual(["prometheus"]);
  });

  it("do not include one that no folder makes, which is said before anything is built", () => {
    stack("desktop", "config:\n  homelab:toy:\n    image: localhost/homelab-lab/toy:1\n");
    const { status, stderr } = spawnSync("bash", imagesOf("desktop"), { encoding: "utf8" });
    expect(status).not.toBe(0);
    expect(stderr).toContain(
      "names the image localhost/homelab-lab/toy, which no lab/images/*/build.sh makes",
    );
  });
});
