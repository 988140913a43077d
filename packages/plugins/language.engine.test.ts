import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { Project } from "./testing/project";
import { report, root } from "./testing/toolchain";

const pack = `const { PolicyPack, validateResourceOfType } = require("@pulumi/policy");
const pulumi = require("@pulumi/pulumi");
const allowed = new pulumi.Config("trial").get("allowed");
new PolicyPack("trial", { policies: [{
  name: "greeting", description: "A greeting is allowed by the configuration.", enforcementLevel: "mandatory",
  validateStack: (args, report) => {},
}, {
  name: "length", description: "Lengths follow the configuration.", enforcementLevel: "mandatory",
  validateResource: (args, report) => {
    if (args.props.length > Number(allowed)) report(
      "length " + args.props.length + " is over " + allowed + " in " + pulumi.getStack() + " of " + pulumi.getProject());
  },
}] });
`;

describe("the Node.js language host", () => {
  let project: Project;
  beforeAll(() => {
    project = new Project("");
    project.write("policy/PulumiPolicy.yaml", "runtime: nodejs\nmain: pack.js\n");
    project.write(
      "policy/package.json",
      '{ "name": "policy", "version": "1.0.0", "private": true, "main": "pack.js" }\n',
    );
    project.write("policy/pack.js", pack);
  });
  afterAll(() => {
    project.remove();
  });

  test("runs TypeScript through nodeargs, and tells the program its place", () => {
    project.mustRun("config", "set", "word", "plain");
    project.mustRun("config", "set", "--secret", "hidden", "hidden-word");
    project.program(`import * as pulumi from "@pulumi/pulumi";
enum Kind { One = "one" }
const config = new pulumi.Config();
export const kind: Kind = Kind.One;
export const where = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
export const word = config.require("word");
export const hidden = config.requireSecret("hidden");
export const options = process.execArgv.filter((arg) => !arg.startsWith("--title")).join(" ");
export const folder = process.cwd();
export const secrets = ["trial:word", "trial:hidden"].filter(pulumi.runtime.isConfigSecret);
export const dry = pulumi.runtime.isDryRun();
`);
    project.up();
    expect(project.outputs()).toEqual({
      kind: "one",
      where: "organization/trial/one",
      word: "plain",
      hidden: "hidden-word",
      options: "--import tsx",
      folder: project.folder,
      secrets: ["trial:hidden"],
      dry: false,
    });
    expect(project.stateText()).not.toContain("hidden-word");
  });

  test("a program that fails shows its error, once", () => {
    project.program(`throw new Error("the program's own words");`);
    const done = project.run("preview");
    expect(done.status).not.toBe(0);
    expect(done.stdout.split("the program's own words").length - 1).toBe(1);
    expect(done.stdout).not.toContain("non-zero exit code");
  });

  test("a program that ends by itself is an error with its exit code", () => {
    project.program(`process.exit(7);`);
    expect(project.run("preview").stdout).toContain("Program exited with non-zero exit code: 7");
  });

  test("a policy pack sees the stack's configuration, and stops a preview", () => {
    project.mustRun("config", "set", "allowed", "10");
    project.program(
      `import * as random from "@pulumi/random";\nnew random.RandomString("text", { length: 12 });`,
    );
    const done = project.run("preview", "--policy-pack", "policy");
    expect(done.status).not.toBe(0);
    expect(done.stdout).toContain("length 12 is over 10 in one of trial");
    project.mustRun("config", "set", "allowed", "20");
    project.mustRun("preview", "--policy-pack", "policy");
  });

  test("a policy pack that cannot be loaded is an error with its own words", () => {
    project.write("broken/PulumiPolicy.yaml", "runtime: nodejs\nmain: pack.js\n");
    project.write(
      "broken/package.json",
      '{ "name": "broken", "version": "1.0.0", "private": true, "main": "pack.js" }\n',
    );
    project.write("broken/pack.js", `throw new Error("the pack's own words");`);
    const done = project.run("preview", "--policy-pack", "broken");
    expect(done.status).not.toBe(0);
    expect(done.stdout + done.stderr).toContain("the pack's own words");
  });

  test("an interrupted run ends the program", async () => {
    const mark = path.join(project.folder, "pid");
    project.program(`require("fs").writeFileSync(${JSON.stringify(mark)}, String(process.pid));
export const never = new Promise(() => setInterval(() => {}, 1000));`);
    const child = project.begin(["preview"]);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    while (!existsSync(mark)) await sleep(50);
    await sleep(200);
    child.kill("SIGINT");
    await Promise.race([ended, sleep(5_000)]);
    child.kill("SIGINT"); // The second one does not wait for what is under way.
    await ended;
    const pid = Number(readFileSync(mark, "utf8"));
    for (let attempt = 0; existsSync(`/proc/${pid}`) && attempt < 100; attempt++) await sleep(100);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  test.runIf(report().every(({ name, kind }) => name === "cli" || kind === "stand-in"))(
    "a killed run leaves nothing running for more than seconds: no host, no program, no plugin, no command of one",
    async () => {
      // What pulumi starts has its environment.
      const mark = `HOMELAB_TRIAL=${project.folder}`;
      const running = () =>
        readdirSync("/proc")
          .filter((name) => /^\d+$/.test(name))
          .flatMap((pid) => {
            try {
              if (!readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(mark)) return [];
              return [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()];
            } catch {
              return [];
            }
          })
          .filter((line) => line !== "");
      project.program(`import { local } from "@pulumi/command";
import * as random from "@pulumi/random";
const text = new random.RandomString("text", { length: 12 });
new local.Command("slow", { create: "sleep 301", environment: { TEXT: text.result } });`);
      const child = project.begin(["up", "--yes", "--skip-preview"], { HOMELAB_TRIAL: project.folder });
      const asleep = () => running().some((line) => line.includes("sleep 301"));
      for (let attempt = 0; !asleep() && child.exitCode === null && attempt < 600; attempt++)
        await sleep(100);
      const before = running().join("\n");
      for (const part of ["sleep 301", "language-nodejs", "resource-random", "resource-command", "node "])
        expect(before).toContain(part);
      child.kill("SIGKILL");
      for (let attempt = 0; running().length > 0 && attempt < 200; attempt++) await sleep(100);
      expect(running()).toEqual([]);
    },
  );

  test("`pulumi about` and `pulumi install` do not crash", () => {
    const about = project.run("about", "--json");
    expect(about.stdout).toContain('"nodejs"');
    const install = project.run("install");
    expect(install.stdout + install.stderr).not.toContain("panic");
  });
});

describe("the toolchain", () => {
  test("names every part, its kind and the reason", () => {
    const parts = report();
    expect(parts.map((part) => part.name).sort()).toEqual([
      "cli",
      "command",
      "kubernetes",
      "language-nodejs",
      "minio",
      "random",
    ]);
    for (const part of parts) {
      expect(["official", "built", "stand-in"]).toContain(part.kind);
      expect(existsSync(part.path)).toBe(true);
      expect(part.why).not.toBe("");
    }
  });

  test("has the CLI of the SDK's version, and prints no warning about a plugin's place", () => {
    const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    const project = new Project("");
    expect(project.mustRun("version").trim()).toBe(`v${manifest.dependencies["@pulumi/pulumi"] ?? ""}`);
    const up = project.run("up", "--yes");
    expect(up.stdout + up.stderr).not.toContain("$PATH");
    project.remove();
  });
});
