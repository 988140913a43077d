import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scriptText } from "./run";

const headed = readdirSync(join(__dirname, "agent"))
  .filter((file) => file.endsWith(".sh"))
  .map((file) => file.slice(0, -".sh".length))
  .filter((name) => name !== "head" && /^settle\(\)/m.test(scriptText(name)));

/** Bash takes the name of the system from its environment where it is there. */
const on = (system: string, name: string) =>
  spawnSync("bash", ["-c", scriptText(name)], {
    encoding: "utf8",
    input: "",
    env: { ...process.env, OSTYPE: system },
  });

describe("a script on a machine that is not Linux", () => {
  it("is most of them", () => {
    expect(headed.length).toBeGreaterThan(10);
  });

  it.each(headed)("%s does nothing on a Mac, and says what there is for one", (name) => {
    const { status, stdout, stderr } = on("darwin24", name);
    expect({ status, stdout }).toEqual({ status: 31, stdout: "" });
    expect(stderr).toContain(
      "This is a Mac, on which pulumi up sets nothing up: homelab desktop compose renders",
    );
  });

  it("names another system", () => {
    expect(on("freebsd15.0", "status")).toMatchObject({
      status: 31,
      stderr: "This is freebsd15.0: a node must be a Linux machine. Nothing was done.\n",
    });
  });
});
