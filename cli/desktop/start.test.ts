import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** start.sh as macOS runs it at login: by a plain POSIX shell, with the engines' programs played. */
let folder: string;
const put = (name: string, text: string) => {
  writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${text}`);
  chmodSync(join(folder, "bin", name), 0o755);
};
/** A program that notes what it was told, and where. */
const plays = (name: string, more = "") => {
  put(name, `echo "${name} $* in $PWD" >>"${folder}/told"\n${more}`);
};
const told = () => readFileSync(join(folder, "told"), "utf8").trim().split("\n");
const start = (...args: string[]) =>
  spawnSync("/bin/sh", [join(folder, "start.sh"), ...args], {
    encoding: "utf8",
    env: { PATH: join(folder, "bin"), LIMIT: "10" },
  });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homelab-start-"));
  mkdirSync(join(folder, "bin"));
  put("dirname", 'exec /usr/bin/dirname "$@"\n');
  put("sleep", "");
  writeFileSync(join(folder, "start.sh"), readFileSync(join(__dirname, "scripts/start.sh")));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("what launchd runs on a Mac", () => {
  it("waits for the engine, and brings up the containers where the file is", () => {
    plays("docker", `[ "$1" != info ] || [ "$(grep -c info "${folder}/told")" -ge 3 ]`);
    put("grep", 'exec /usr/bin/grep "$@"\n');
    expect(start()).toMatchObject({ status: 0, stderr: "" });
    const info = `docker info in ${folder}`;
    expect(told()).toEqual([info, info, info, `docker compose up --detach in ${folder}`]);
  });

  it("starts the podman machine where there is no docker, also one that runs already", () => {
    plays("podman", '[ "$1" != machine ]');
    expect(start().status).toBe(0);
    expect(told()).toEqual([
      `podman machine start in ${folder}`,
      `podman info in ${folder}`,
      `podman compose up --detach in ${folder}`,
    ]);
  });

  it("runs one at its time, and says how that ended", () => {
    plays("docker", '[ "$1" != compose ] || exit 7');
    put("sleep", "exec /usr/bin/sleep 60");
    expect(start("workload-nightly", "600").status).toBe(7);
    expect(told().at(-1)).toBe(
      `docker compose run --rm --no-TTY --name workload-nightly workload-nightly in ${folder}`,
    );
  });

  it("ends one that takes longer than it may", () => {
    plays(
      "docker",
      `case $1 in
      compose) exec /bin/sh -c 'until [ -e stopped ]; do /usr/bin/sleep 0.1; done; exit 143' ;;
      stop) : >stopped ;;
    esac`,
    );
    expect(start("workload-nightly", "1")).toMatchObject({
      status: 143,
      stderr: "workload-nightly was ended after 1 s.\n",
    });
    expect(told().at(-1)).toBe(`docker stop workload-nightly in ${folder}`);
  });

  it("fails, so that launchd tries again, when the engine does not answer, or there is none", () => {
    expect(start()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("neither docker nor podman") as unknown,
    });
    plays("docker", '[ "$1" != info ]');
    expect(start()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("docker did not answer for 10 s") as unknown,
    });
    expect(told().join()).not.toContain("compose");
  });
});
