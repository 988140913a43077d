import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { page, policiesPage } from "./docs";
import { rules } from "./rules";

it("docs/policies.md is what the rules and the five places say now", async () => {
  expect(readFileSync(page, "utf8")).toBe(await policiesPage());
});

it("each rule has a file of its own that bears its name, and each such file is in the list", () => {
  const folder = join(__dirname, "rules");
  const files = readdirSync(folder).filter((name) => name !== "index.ts" && !name.endsWith(".test.ts"));
  expect(files.sort()).toEqual(rules.map(({ name }) => `${name}.ts`).sort());
  for (const { name } of rules) expect(existsSync(join(folder, `${name}.ts`))).toBe(true);
});
