import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(__dirname, "../..");
const read = (path: string) =>
  JSON.parse(readFileSync(join(root, path), "utf8")) as {
    devDependencies?: Record<string, string>;
    dependencies?: Record<string, string>;
    pulumi?: { resource?: boolean };
  };
const withPlugin = (names: readonly string[]) =>
  names.filter((name) => read(`node_modules/${name}/package.json`).pulumi?.resource === true);

it("nobody downloads a plugin that only tests need: the official host asks for that of each installed package", () => {
  const { dependencies = {}, devDependencies = {} } = read("package.json");
  expect(withPlugin(Object.keys(devDependencies))).toEqual([]);
  // The test would see one.
  expect(withPlugin(Object.keys(dependencies))).toContain("@pulumi/random");
});
