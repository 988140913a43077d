import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { folderOf } from "./testing";
import type { Files } from "./testing";

let files: Files;
afterEach(() => {
  files.remove();
});

const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: nginx}]}\n";

/** As somebody whom the rights of files bind. */
function asNobody<T>(act: () => T): T {
  if (process.geteuid?.() !== 0) return act();
  process.seteuid?.(65534);
  try {
    return act();
  } finally {
    process.seteuid?.(0);
  }
}

describe("what cannot be looked at is an error with a sentence, and the rest is judged", () => {
  it("a link that leads back to itself, named or found", () => {
    files = folderOf({ "ok.yaml": pod });
    symlinkSync("loop.yaml", files.at("loop.yaml"));
    symlinkSync("two.yaml", files.at("one.yaml"));
    symlinkSync("one.yaml", files.at("two.yaml"));
    for (const path of ["loop.yaml", "."]) {
      const { code, files: reports } = files.judged(path);
      expect(code).toBe(2);
      expect(reports[0]?.error).toBe("it is a link that leads back to itself");
      expect(reports.filter(({ verdict }) => verdict === "ok")).toHaveLength(path === "." ? 1 : 0);
    }
  });

  it("a folder that is linked into itself", () => {
    files = folderOf({ "ok.yaml": pod });
    symlinkSync(".", files.at("again"));
    expect(files.verdicts(".")).toEqual(["ok"]);
  });

  it("a file or folder that may not be read, also behind a link", () => {
    files = folderOf({ "ok.yaml": pod, "secret.yaml": pod, "closed/a.yaml": pod });
    symlinkSync("closed/a.yaml", files.at("link.yaml"));
    chmodSync(files.folder, 0o755);
    chmodSync(files.at("secret.yaml"), 0);
    chmodSync(files.at("closed"), 0);
    const { code, files: reports } = asNobody(() => files.judged("."));
    chmodSync(files.at("closed"), 0o755);
    expect(code).toBe(2);
    expect(Object.fromEntries(reports.map(({ path, error }) => [path, error ?? ""]))).toEqual({
      [files.at("./closed")]: "it is a folder that may not be listed",
      [files.at("./link.yaml")]: "it may not be read",
      [files.at("./ok.yaml")]: "",
      [files.at("./secret.yaml")]: "it may not be read",
    });
  });

  it("a name that is too long, for a file that is named and for one that a unit names", () => {
    const name = "x".repeat(5000);
    files = folderOf({ "a.container": `[Container]\nImage=nginx\nVolume=${name}.volume:/x\n` });
    expect(files.judged(`${name}.yaml`).files[0]?.error).toBe("its name is too long for a file");
    expect(files.verdicts("a.container")).toEqual(["violation"]);
  });

  it("a file beside it that counts and may not be read", () => {
    files = folderOf({ "compose.yaml": "services: {a: {image: nginx}}\n", "compose.override.yaml": "{}\n" });
    chmodSync(files.folder, 0o755);
    chmodSync(files.at("compose.override.yaml"), 0);
    const { files: reports } = asNobody(() => files.judged("compose.yaml"));
    expect(reports[0]?.error).toContain("compose.override.yaml, which counts with it, cannot be read");
  });

  it("a folder with the name of a file", () => {
    files = folderOf({ "a/ok.yaml": pod });
    mkdirSync(files.at("a/x.yaml"));
    expect(files.verdicts("a")).toEqual(["ok"]);
    expect(files.judged("a/ok.yaml/x.yaml").files[0]?.error).toContain("no such file");
  });
});

describe("an input that is made to take for ever", () => {
  /** The command itself, which bounds what it does. */
  function bounded(texts: Readonly<Record<string, string>>, ...paths: string[]) {
    files = folderOf(texts);
    const cli = join(__dirname, "../cli.cjs");
    const given = ["check", "--node", "compute", "--output", "json", ...paths.map((path) => files.at(path))];
    const begun = Date.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...given], {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    const report = JSON.parse(stdout) as { files: { path: string; verdict: string; error?: string }[] };
    return {
      status,
      stderr,
      verdicts: report.files.map(({ verdict }) => verdict),
      errors: report.files.map(({ error }) => error ?? ""),
      seconds: (Date.now() - begun) / 1000,
    };
  }

  const times = (count: number, one: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => one(index)).join("");

  it("is refused after a few seconds, and the files beside it are judged", () => {
    const keys = times(60_000, (index) => `k${index}: ${index}, `);
    const merges = times(60_000, (index) => `x${index}: &b${index} {<<: *a}\n`);
    const { status, verdicts, errors, seconds } = bounded(
      { "a.yaml": pod, "merge.yaml": `x: &a {${keys}}\n${merges}`, "z.yaml": pod },
      "a.yaml",
      "merge.yaml",
      "z.yaml",
    );
    expect([status, ...verdicts]).toEqual([2, "ok", "error", "ok"]);
    expect(errors[1]).toMatch(/^it takes too (long|much memory) to be judged|merge keys exceeded/);
    expect(seconds).toBeLessThan(20);
  });

  it.each<[string, string, string]>([
    [
      "aliases of aliases",
      "a.yaml",
      `a0: &a0 [x]\n${times(40, (n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]\n`)}`,
    ],
    ["an alias to itself", "a.yaml", "apiVersion: v1\nkind: Pod\nspec: &a {x: *a}\n"],
    ["lists in lists", "a.yaml", "[".repeat(200_000)],
    ["maps in maps", "a.json", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`],
    ["blocks in blocks", "a.yaml", times(2000, (n) => `${" ".repeat(n)}a:\n`)],
    ["a file of 50 MB", "a.yaml", "a".repeat(50_000_000)],
  ])("is an error at once: %s", (_, name, text) => {
    const { status, errors, seconds } = bounded({ [name]: text }, name);
    expect(status).toBe(2);
    expect(errors[0]).toMatch(/aliases expand|nested|larger than|too deep|too long/);
    expect(seconds).toBeLessThan(20);
  });

  it.each<[string, string, string]>([
    [
      "variables in variables",
      "compose.yaml",
      `services: {a: {image: x, volumes: ["${"${a:-".repeat(20_000)}"]}}\n`,
    ],
    [
      "a template without an end",
      "compose.yaml",
      `services: {a: {image: x, volumes: ["${"{{".repeat(500_000)}:/x"]}}\n`,
    ],
    ["a long line of a unit", "a.container", `[Container]\nImage=x\nVolume=${"a:".repeat(500_000)}\n`],
    ["a long command", "a.service", `[Service]\nExecStart=sh -c "${"podman run -v /a:/b ".repeat(5_000)}"\n`],
  ])("is judged all the same: %s", (_, name, text) => {
    const { verdicts, seconds } = bounded({ [name]: text }, name);
    expect(verdicts).toEqual(["violation"]);
    expect(seconds).toBeLessThan(20);
  });
});
