import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { scriptText } from "./run";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "image-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Runs the script beside a podman that has no image and whose pull fails with these words. */
function building(said: string): { code: number | null; stderr: string } {
  const podman = join(directory, "podman");
  writeFileSync(
    podman,
    `#!/bin/sh\ncase $1 in image) exit 1 ;; pull) cat <<'SAID'\n${said}\nSAID\nexit 125 ;; esac\n`,
  );
  chmodSync(podman, 0o755);
  const text = scriptText("image").replace("PATH=/usr/local/sbin", `PATH=${directory}:/usr/local/sbin`);
  const given = ["reference localhost/a:1", "base registry/b:1", "timeout 9", "containerfile Rg==", "end"];
  const { status, stderr } = spawnSync("bash", ["-c", text], {
    input: `${given.map((line) => line.replace(" ", "\t")).join("\n")}\t\n`,
    encoding: "utf8",
  });
  return { code: status, stderr };
}

/** The words are podman's own, of version 5. */
describe("an image that cannot be fetched", () => {
  it.each([
    [
      "a deleted repository at Docker Hub",
      "Error: initializing source docker://minio/minio:RELEASE.1: reading manifest RELEASE.1 in docker.io/minio/minio: requested access to the resource is denied",
    ],
    [
      "a tag that never was",
      "Error: initializing source docker://ghcr.io/mlflow/mlflow:v3-full: reading manifest v3-full in ghcr.io/mlflow/mlflow: manifest unknown",
    ],
    [
      "a repository that is not public at Quay",
      "Error: unable to copy from source docker://quay.io/a/b:1: initializing source: reading manifest 1 in quay.io/a/b: unauthorized: access to the requested resource is not authorized",
    ],
  ])("is said to be gone or private: %s", (_what, said) => {
    const { code, stderr } = building(said);
    expect(code).toBe(22);
    expect(stderr).toContain(
      "The image registry/b:1 could not be fetched: The registry has no such image for the public",
    );
    expect(stderr).toContain(said);
  });

  it("is said to be gone also where its digest has the number of a limit in it", () => {
    const said = `Error: initializing source docker://quay.io/a/b@sha256:${"429".repeat(21)}0: manifest unknown`;
    expect(building(said).stderr).toContain("The registry has no such image for the public");
  });

  it.each([
    [
      "a name that is not resolved",
      'Error: initializing source docker://quay.io/a/b:1: pinging container registry quay.io: Get "https://quay.io/v2/": dial tcp: lookup quay.io: no such host',
    ],
    [
      "a network without a way out",
      'Error: initializing source docker://quay.io/a/b:1: pinging container registry quay.io: Get "https://quay.io/v2/": dial tcp 1.2.3.4:443: connect: network is unreachable',
    ],
    [
      "a connection that is refused",
      'Error: pinging container registry localhost:5000: Get "http://localhost:5000/v2/": dial tcp 127.0.0.1:5000: connect: connection refused',
    ],
  ])("is said not to be reached: %s", (_what, said) => {
    expect(building(said).stderr).toContain("This node does not reach the registry");
  });

  it("is said to wait for the registry's limit", () => {
    const said =
      "Error: reading manifest 1 in docker.io/a/b: toomanyrequests: You have reached your pull rate limit";
    expect(building(said).stderr).toContain("limits how often it may be asked");
  });
});
