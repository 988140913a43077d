import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

/** What the benches give the other tools is made of the program itself: here it is made, with nodes that never answer. */
const root = join(__dirname, "../..");
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bench-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const rendered = (script: string, ...args: string[]) => {
  const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", join(root, script), ...args], {
    cwd: root,
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status, stderr };
};

it("the other tools know how to make all that storage's program declares", () => {
  const stack = readFileSync(join(root, "lab/stacks/Pulumi.storage.yaml"), "utf8");
  const configuration = join(folder, "Pulumi.storage.yaml");
  writeFileSync(
    configuration,
    stack
      .replace("lab/state/topology.yaml", "tests/fixtures/topology.yaml")
      .replace(/^ *homelab:sshIdentity: .*\n/m, ""),
  );
  const out = join(folder, "rendered");
  expect(rendered("lab/bench/render.ts", configuration, out)).toMatchObject({ status: 0 });
  expect(readFileSync(join(out, "names"), "utf8")).toContain("service\tpostgres.service\n");
  // Each is set aside by itself, so none may lie in another.
  const data = [...readFileSync(join(out, "names"), "utf8").matchAll(/^data\t(.*)$/gm)].map(
    ([, path]) => path,
  );
  expect(data).toEqual(["/srv/homelab/minio", "/srv/homelab/postgres", "/srv/homelab/backup"]);
  expect(existsSync(join(out, "floor.sh"))).toBe(true);
});

it("the search bench has the program's configuration of PostgreSQL", () => {
  const out = join(folder, "conf");
  expect(rendered("lab/bench/search/render.ts", "127.0.0.11", "127.0.0.1", out).status).toBe(0);
  expect(readFileSync(join(out, "postgresql.conf"), "utf8")).toMatch(/^shared_buffers = /m);
});
