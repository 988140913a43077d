import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { programsOf } from "../../../tests/support/programs";
import { rulesFile } from "../rule-files";
import { filled, pages } from "./queries";

let folder = "";
let promtool = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dashboards-"));
  promtool = join(programsOf("prometheus", "promtool"), "promtool");
}, 600_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Prometheus' own parser, by way of rules that record what a panel asks. */
function check(exprs: readonly string[]) {
  const records = exprs.map((expr, at) => ({ record: `panel:${at}`, expr }));
  writeFileSync(join(folder, "panels.yml"), rulesFile([{ name: "panels", records, rules: [] }]));
  const { status, stdout, stderr } = spawnSync(promtool, ["check", "rules", "panels.yml"], {
    ...{ cwd: folder, encoding: "utf8" },
  });
  return { status, said: `${stdout}${stderr}` };
}

const queries = pages.flatMap(({ rows }) => Object.values(rows).flat());

it("every panel asks what Prometheus understands", () => {
  const { status, said } = check(queries.map((query) => filled(query, "1m")));
  expect(said).toContain(`${queries.length} rules found`);
  expect(status).toBe(0);
});

it("one that it does not understand would be said", () => {
  expect(check(["rate(up[1m)"]).status).not.toBe(0);
});
