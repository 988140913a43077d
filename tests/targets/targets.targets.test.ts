import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { named, root, shortest } from "./targets";

/**
 * `make test-targets`: what only a person runs is begun too, so that it does not rot unseen. The lab is up; it is taken down
 * last, and what needs it raised with more on it says so itself.
 */
const begun = named.flatMap((target) => {
  const how = shortest[target];
  return how === undefined || "not" in how || target === "lab-down"
    ? []
    : [{ target, environment: how.environment ?? {} }];
});

describe("every target of the Makefile", () => {
  it.each([...begun, { target: "lab-down", environment: {} }])(
    "make $target ends well, in its shortest form",
    ({ target, environment }) => {
      const { status, stdout, stderr } = spawnSync("make", ["--no-print-directory", target], {
        cwd: root,
        encoding: "utf8",
        maxBuffer: 1e9,
        env: { ...process.env, ...environment },
      });
      expect(status, `${stdout}\n${stderr}`.slice(-4000)).toBe(0);
    },
  );
});
