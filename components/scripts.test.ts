import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const scripts = readdirSync(__dirname, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".sh"))
  .sort();
const here = spawnSync("shellcheck", ["--version"]).status === 0;

it("finds the scripts that run on the nodes", () => {
  expect(scripts).toContain("postgres-node/scripts/settle.sh");
});

it.skipIf(!here).each(scripts)("%s passes shellcheck", (path) => {
  const { stdout, status } = spawnSync("shellcheck", [join(__dirname, path)], { encoding: "utf8" });
  expect(stdout).toBe("");
  expect(status).toBe(0);
});
