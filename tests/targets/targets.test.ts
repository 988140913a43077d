import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commands, makefile, named, root, shortest } from "./targets";

const phony = /^\.PHONY: (.*)$/m.exec(makefile)?.[1]?.split(" ") ?? [];
const helped = [...makefile.matchAll(/'make ([a-z-]+) /g)].map(([, name]) => name);
/** What `make help` says in the line of another target. */
const beside = ["help", "bench-cluster"];
const environment = (target: string) => {
  const how = shortest[target];
  return how === undefined || "not" in how ? {} : how.environment;
};

describe("the Makefile", () => {
  it("has a shortest form for each target, by which `make test-targets` begins it", () => {
    expect(Object.keys(shortest).sort()).toEqual([...named].sort());
  });

  it("declares each target, and `make help` says what it does", () => {
    expect([...phony].sort()).toEqual([...named].sort());
    expect([...helped, ...beside].sort()).toEqual([...named].sort());
  });

  it.each(named)("make %s runs programs that are there", (target) => {
    for (const line of commands(target, environment(target))) {
      const [program = ""] = line.split(" ");
      if (program.startsWith("lab/")) accessSync(join(root, program), constants.X_OK);
      else expect(["npx", "echo"]).toContain(program);
    }
  });

  it.each(named)("make %s hands over options that the program knows", (target) => {
    for (const line of commands(target, environment(target))) {
      const [program = "", ...words] = line.split(" ");
      if (!program.startsWith("lab/") || program === "lab/in") continue;
      const text = readFileSync(join(root, program), "utf8");
      for (const option of words.filter((word) => word.startsWith("--")))
        expect(text).toContain(`${option})`);
    }
  });

  it.each(named)("make %s takes test files that are there", (target) => {
    for (const file of (environment(target)?.TESTS ?? "").split(" ").filter((name) => name !== "")) {
      expect(existsSync(join(root, file)), file).toBe(true);
      expect(commands(target, environment(target)).at(-1)).toContain(file);
    }
  });
});
