import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let home = "";
const copy = () => {
  const project = mkdtempSync(join(home, "copy "));
  for (const part of ["lib", "clean-cache"])
    cpSync(join(__dirname, part), join(project, "lab", part), { recursive: true });
  return project;
};
const bash = (project: string, script: string) =>
  execFileSync("bash", ["-c", `set -euo pipefail; . "$1/lab/lib/env.sh"; ${script}`, "-", project], {
    encoding: "utf8",
    env: { ...process.env, XDG_STATE_HOME: join(home, "states"), XDG_CACHE_HOME: join(home, "cache") },
  }).trim();
const stateOf = (project: string) => bash(project, 'printf %s "$STATE"');
const cleanCache = (project: string) => bash(project, '"$LAB/clean-cache" 2>&1');

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "lab-state-"));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

describe("the lab's state", () => {
  it("is outside of the repository, and lab/state links to it", () => {
    const project = copy();
    bash(project, "state_ready; state_ready");
    expect(stateOf(project)).toContain(join(home, "states/homelab/lab-"));
    expect(readlinkSync(join(project, "lab/state"))).toBe(stateOf(project));
  });

  it("is another one for each copy of the repository", () => {
    expect(stateOf(copy())).not.toBe(stateOf(copy()));
  });

  it("stays where a lab that is up has it: in the tree, or where the link says", () => {
    const project = copy();
    mkdirSync(join(project, "lab/state"));
    bash(project, "state_ready");
    expect(stateOf(project)).toBe(join(project, "lab/state"));
    expect(lstatSync(join(project, "lab/state")).isDirectory()).toBe(true);
  });

  it("is removed by clean-cache where its copy of the repository is gone, and only there", () => {
    const [gone, here] = [copy(), copy()];
    bash(gone, "state_ready");
    bash(here, 'state_ready; mkdir -p "$CACHE"');
    const [stateOfGone, stateOfHere] = [stateOf(gone), stateOf(here)];
    const somebodyElses = join(home, "states/homelab/lab-notes");
    mkdirSync(somebodyElses);
    writeFileSync(join(somebodyElses, "notes.txt"), "kept");
    rmSync(gone, { recursive: true });
    expect(cleanCache(here)).toContain(`Removed ${stateOfGone}`);
    expect(existsSync(stateOfGone)).toBe(false);
    expect(existsSync(stateOfHere)).toBe(true);
    expect(existsSync(somebodyElses)).toBe(true);
  });
});
