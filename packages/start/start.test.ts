import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let project: string;
const cache = () => join(project, "node_modules/.cache/homelab");
const write = (file: string, text: string) => {
  mkdirSync(dirname(join(project, file)), { recursive: true });
  writeFileSync(join(project, file), text);
};
const run = () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--require", "./packages/start/index.cjs", "main.ts"],
    { cwd: project, encoding: "utf8" },
  );
  return { status, stdout, stderr };
};

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "homelab-start-"));
  cpSync(__dirname, join(project, "packages/start"), { recursive: true });
  mkdirSync(join(project, "node_modules"));
  for (const name of ["esbuild", "@esbuild"])
    symlinkSync(join(__dirname, "../../node_modules", name), join(project, "node_modules", name));
  write("package-lock.json", "{}");
  write("main.ts", `import { said } from "./room/said";\nconsole.log(said);\n`);
  write("room/word.txt", "one");
  write(
    "room/said.ts",
    `import { readFileSync } from "node:fs";\nexport const said: string = readFileSync(__dirname + "/word.txt", "utf8");\n`,
  );
});
afterAll(() => {
  rmSync(project, { recursive: true, force: true });
});

describe("a start", () => {
  it("runs the sources as they are, and a source finds the files beside it", () => {
    expect(run()).toEqual({ status: 0, stdout: "one\n", stderr: "" });
    expect(readdirSync(cache())).toHaveLength(2);
  });

  it("takes the bundle that is there when nothing has changed", () => {
    const before = readdirSync(cache());
    write("room/word.txt", "two");
    expect(run().stdout).toBe("two\n");
    expect(readdirSync(cache())).toEqual(before);
  });

  it("makes a new one where the project was copied to, whose files are its own", () => {
    const former = project;
    project = `${former}-copied`;
    try {
      cpSync(former, project, { recursive: true });
      write("room/word.txt", "of the copy");
      expect(run()).toEqual({ status: 0, stdout: "of the copy\n", stderr: "" });
    } finally {
      rmSync(project, { recursive: true, force: true });
      project = former;
    }
  });

  it("makes a new one when a source has changed, however deep it is imported", () => {
    write("room/said.ts", `export { said } from "./further";\n`);
    write("room/further.ts", `export const said = 3;\n`);
    expect(run().stdout).toBe("3\n");
    write("room/further.ts", `export const said = 4;\n`);
    expect(run().stdout).toBe("4\n");
  });

  it("says in which line a source cannot be read", () => {
    write("room/further.ts", `export const said = ;\n`);
    const { status, stderr } = run();
    expect(status).not.toBe(0);
    expect(stderr).toContain("main.ts cannot be loaded:");
    expect(stderr).toContain("room/further.ts:1:");
    write("room/further.ts", `export const said = 5;\n`);
    expect(run().stdout).toBe("5\n");
  });

  it("makes it anew when it was lost", () => {
    for (const file of readdirSync(cache()).filter((name) => name.endsWith(".cjs")))
      rmSync(join(cache(), file));
    expect(run().stdout).toBe("5\n");
  });
});
