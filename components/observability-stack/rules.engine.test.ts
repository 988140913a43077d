import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { programsOf } from "../../tests/support/programs";
import { rulesFile, testFiles } from "./rule-files";
import { ruleGroups } from "./rules";
import { expected } from "./rules/nodes";

let folder = "";
let program = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rules-"));
  program = join(programsOf("prometheus", "promtool"), "promtool");
  writeFileSync(join(folder, "all.yml"), rulesFile(ruleGroups));
  for (const group of ruleGroups) writeFileSync(join(folder, `${group.name}.yml`), rulesFile([group]));
}, 600_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: "utf8" });
  return { status, said: `${stdout}${stderr}` };
}

it("are rules that Prometheus takes", () => {
  expect(
    execFileSync(program, ["check", "rules", "--lint-fatal", "all.yml"], { cwd: folder, encoding: "utf8" }),
  ).toMatch(/SUCCESS: \d+ rules found/);
});

describe.each(
  ruleGroups.filter(({ rules }) => rules.length > 0).map((group) => [group.name, group] as const),
)("the rules of %s", (name, group) => {
  it("fire for what they are for, and for nothing else", () => {
    const files = testFiles(group, [`${expected.name}.yml`, `${name}.yml`]);
    for (const file of files) writeFileSync(join(folder, file.name), file.content);
    const { status, said } = run("test", "rules", ...files.map((file) => file.name));
    expect(said).not.toMatch(/FAILED/);
    expect(status).toBe(0);
  });
});

it("would be said to fail", () => {
  const [group] = ruleGroups.filter(({ name }) => name === "homelab-units");
  if (group === undefined) throw new Error("no such group");
  const deaf = group.rules.map((rule) => ({ ...rule, expr: "vector(0) > 1" }));
  writeFileSync(join(folder, "deaf.yml"), rulesFile([{ ...group, rules: deaf }]));
  const files = testFiles(group, ["deaf.yml"]);
  for (const file of files) writeFileSync(join(folder, `deaf-${file.name}`), file.content);
  const { status, said } = run("test", "rules", ...files.map((file) => `deaf-${file.name}`));
  expect(status).not.toBe(0);
  expect(said).toContain("UnitFailed");
});
