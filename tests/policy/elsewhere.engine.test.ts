import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

const project = join(__dirname, "../..");
const preCommitVersion = "4.3.0";

let folder: string;
/** This project as somebody else's machine has it: a repository with what is in it now. */
let homelab: string;
/** A repository with manifests of somebody else. */
let other: string;

function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(command, [...args], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", ...env },
    timeout: 110_000,
  });
  return { code: status, said: `${stdout}${stderr}` };
}

function git(cwd: string, ...args: string[]): string {
  const as = ["-c", "user.name=test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false"];
  const { code, said } = run("git", [...as, ...args], cwd);
  expect(code, said).toBe(0);
  return said.trim();
}

function put(texts: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(other, path)), { recursive: true });
    writeFileSync(join(other, path), text);
  }
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "homelab-elsewhere-"));
  homelab = join(folder, "homelab");
  mkdirSync(homelab);
  const tracked = run("git", ["ls-files", "-co", "--exclude-standard", "-z"], project).said.split("\0");
  for (const path of tracked) {
    if (path !== "" && existsSync(join(project, path))) cpSync(join(project, path), join(homelab, path));
  }
  // The packages are there, so that the test needs no network.
  symlinkSync(join(project, "node_modules"), join(homelab, "node_modules"));
  git(homelab, "init", "--quiet", "--initial-branch", "main");
  git(homelab, "add", "--all", "--force");
  git(homelab, "commit", "--quiet", "--message", "as it is now");
});
beforeEach(() => {
  other = mkdtempSync(join(folder, "other-"));
  git(other, "init", "--quiet", "--initial-branch", "main");
  put({
    "topology.yaml": "nodes: { here: { lifecycle: always-on }, there: { lifecycle: on-demand } }\n",
    "apps/web/compose.yaml": "services: { web: { image: nginx } }\n",
    "units/web.container": "[Container]\nImage=docker.io/library/nginx\n",
    "mkdocs.yml": "site_name: notes\n",
  });
  git(other, "add", "--all");
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("the step of a workflow, from another repository", () => {
  const action = z
    .object({
      inputs: z.record(z.string(), z.object({ default: z.string() })),
      runs: z.object({
        using: z.literal("composite"),
        steps: z
          .array(
            z.object({ shell: z.literal("bash"), run: z.string(), env: z.record(z.string(), z.string()) }),
          )
          .length(1),
      }),
    })
    .parse(parse(readFileSync(join(project, "action.yml"), "utf8")));

  /** Runs the step as a runner does: inputs filled in, the command handed to bash. */
  function step(inputs: Readonly<Record<string, string>>) {
    const [only] = action.runs.steps;
    const env = Object.fromEntries(
      Object.entries(only?.env ?? {}).map(([name, value]) => [
        name,
        value.replace(/\$\{\{ ([\w.-]+) \}\}/g, (_, what: string) =>
          what === "github.action_path"
            ? homelab
            : (inputs[what.replace("inputs.", "")] ??
              action.inputs[what.replace("inputs.", "")]?.default ??
              ""),
        ),
      ]),
    );
    return run("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", only?.run ?? ""], other, env);
  }

  it("passes where nothing is kept, and fails where something is, with the reason", () => {
    expect(step({})).toMatchObject({ code: 0, said: expect.stringContaining("2 files judged") as string });
    put({ "apps/web/compose.override.yaml": "services: { web: { volumes: ['./data:/data'] } }\n" });
    const { code, said } = step({});
    expect(code, said).toBe(1);
    expect(said).toContain("apps/web/compose.override.yaml");
    expect(said).toContain("./data");
  });

  it("takes paths with blanks, a node and a topology as they are given", () => {
    put({ "more apps/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n" });
    const good = step({ paths: "more apps\n  units  \n", node: "there", topology: "topology.yaml" });
    expect(good, good.said).toMatchObject({
      code: 0,
      said: expect.stringContaining("2 files judged") as string,
    });
    put({ "units/web.container.d/10.conf": "[Container]\nVolume=/srv/web:/data\n" });
    expect(step({ paths: "units", node: "there" }).code).toBe(1);
    expect(step({ paths: "units", node: "here" }).code).toBe(0);
    expect(step({ paths: "nowhere", node: "here" }).code).toBe(2);
    expect(step({ paths: "$(touch pwned)", node: "'; touch pwned; '" }).code).toBe(2);
    expect(existsSync(join(other, "pwned"))).toBe(false);
  });
});

/** pre-commit itself, installed once; undefined where it cannot be. */
function preCommit(): string | undefined {
  const home = join(
    process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"),
    "homelab",
    `pre-commit-${preCommitVersion}`,
  );
  const program = join(home, "bin", "pre-commit");
  if (existsSync(program)) return program;
  const made = run("python3", ["-m", "venv", home], tmpdir());
  const installed =
    made.code === 0 &&
    run(join(home, "bin", "pip"), ["install", "--quiet", `pre-commit==${preCommitVersion}`], tmpdir())
      .code === 0;
  if (installed) return program;
  rmSync(home, { recursive: true, force: true });
  return undefined;
}

const program = preCommit();
if (program === undefined)
  process.stderr.write("the hook is not tried with pre-commit: it cannot be installed here\n");

describe.skipIf(program === undefined)("the pre-commit hook, from another repository", () => {
  const hook = (...args: string[]) =>
    run(program ?? "", ["run", "--verbose", ...args], other, { PRE_COMMIT_HOME: join(folder, "pre-commit") });

  beforeEach(() => {
    const rev = git(homelab, "rev-parse", "HEAD");
    put({
      ".pre-commit-config.yaml": `repos: [{ repo: ${homelab}, rev: ${rev}, hooks: [{ id: homelab-placement, args: [--topology, topology.yaml] }] }]\n`,
    });
    git(other, "add", "--all");
  });

  it("passes over what it does not know and judges the rest", () => {
    const { code, said } = hook();
    expect(code, said).toBe(0);
    expect(said).toContain("2 files judged, no violations");
  });

  it("finds what a drop-in or an override adds, whichever file was changed", () => {
    git(other, "commit", "--quiet", "--no-verify", "--message", "one");
    put({ "units/web.container.d/10.conf": "[Container]\nVolume=/srv/web:/data\n" });
    git(other, "add", "--all");
    const added = hook();
    expect(added.code, added.said).toBe(1);
    expect(added.said).toContain("units/web.container.d/10.conf");
    git(other, "commit", "--quiet", "--no-verify", "--message", "two");
    // Only the unit is changed now, and handed over.
    put({ "units/web.container": "[Container]\nImage=docker.io/library/nginx:1\n" });
    git(other, "add", "--all");
    const changed = hook();
    expect(changed.code, changed.said).toBe(1);
    expect(changed.said).toContain("1 file judged, 1 violation");
  });
});
