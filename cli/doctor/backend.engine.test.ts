import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { environment } from "../../packages/plugins/testing/toolchain";
import { backend } from "./backend";

const folder = mkdtempSync(join(tmpdir(), "homelab-backend-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
writeFileSync(join(folder, "Pulumi.yaml"), "name: trial\nruntime: nodejs\n");

const pulumi = (url: string, ...args: readonly string[]) =>
  spawnSync("pulumi", args, {
    cwd: folder,
    encoding: "utf8",
    env: {
      ...environment(),
      PULUMI_BACKEND_URL: url,
      PULUMI_CREDENTIALS_PATH: folder,
      PULUMI_CONFIG_PASSPHRASE: "of no use outside of this folder",
    },
  });
const look = (url: string) =>
  backend((_program, args) => {
    const { status, stdout } = pulumi(url, ...args);
    return status === 0 ? stdout : undefined;
  });
const beside = () =>
  readdirSync(join(folder, ".pulumi"), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".attrs"),
  );

const root = join(__dirname, "../..");
const plain = `file://${folder}`;
/** As README.md says to log in. */
const better = (
  /pulumi login "([^"]+)"/.exec(readFileSync(join(root, "README.md"), "utf8"))?.[1] ?? ""
).replace("$HOME/homelab-state", folder);

it("a state beside a half written file is not read, the doctor names that file, and without it the state is there", () => {
  expect(pulumi(plain, "stack", "init", "one", "--non-interactive").status).toBe(0);
  expect(look(plain)).toMatchObject({ state: "note", says: expect.stringContaining(better) as string });

  const torn = join(folder, ".pulumi/stacks/trial/one.json.attrs");
  truncateSync(torn);
  expect(pulumi(plain, "stack", "export", "--stack", "one").stderr).toContain(
    "failed to load checkpoint: EOF",
  );
  expect(look(plain)).toMatchObject({ state: "missing", says: expect.stringContaining(torn) as string });

  rmSync(torn);
  expect(pulumi(plain, "stack", "export", "--stack", "one").status).toBe(0);
});

it("as README.md says to log in, and as the lab does, nothing is written beside the state that could be half written", () => {
  for (const name of beside()) rmSync(join(folder, ".pulumi", name));
  expect(pulumi(better, "stack", "init", "two", "--non-interactive").status).toBe(0);
  expect(pulumi(better, "stack", "export", "--stack", "one").status).toBe(0);
  expect(beside()).toEqual([]);
  expect(look(better)).toEqual({ state: "ok", what: "state", says: better });
  const parameters = better.slice(better.indexOf("?"));
  expect(readFileSync(join(root, "lab/lib/stacks.sh"), "utf8")).toContain(`/backend${parameters}"`);
});
