import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = join(__dirname, "../..");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "release-"));
  mkdirSync(join(folder, ".ci"));
  cpSync(join(root, ".ci/release-notes"), join(folder, ".ci/release-notes"));
  writeFileSync(join(folder, "package.json"), '{\n  "name": "homelab",\n  "version": "0.2.0",\n}\n');
  writeFileSync(
    join(folder, "CHANGELOG.md"),
    "# Changelog\n\n## [Unreleased]\n\n- later\n\n## [0.2.0] - 2026-12-01\n\n- now\n\n## [0.1.0] - 2026-11-01\n\n- before\n",
  );
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});
const notes = (version: string) => {
  const { status, stdout, stderr } = spawnSync(join(folder, ".ci/release-notes"), [version], {
    encoding: "utf8",
  });
  return { status, text: (stdout + stderr).trim() };
};

describe("the notes of a release", () => {
  it("are its section of the changelog", () => {
    expect(notes("0.2.0")).toEqual({ status: 0, text: "- now" });
  });

  it("are refused for a version that package.json does not have, or the changelog", () => {
    expect(notes("0.1.0")).toMatchObject({
      status: 1,
      text: expect.stringContaining("says 0.2.0") as string,
    });
    writeFileSync(join(folder, "CHANGELOG.md"), "# Changelog\n\n## [Unreleased]\n\n- now\n");
    expect(notes("0.2.0")).toMatchObject({
      status: 1,
      text: expect.stringContaining("no section") as string,
    });
  });
});

describe("the workflows", () => {
  const folderOf = join(root, ".github/workflows");
  it.each(readdirSync(folderOf))("%s runs actions by their commit, with the version beside it", (name) => {
    const uses = [...readFileSync(join(folderOf, name), "utf8").matchAll(/uses: (.*)$/gm)].map(
      ([, what]) => what,
    );
    expect(uses.length).toBeGreaterThan(0);
    for (const what of uses) expect(what).toMatch(/^(\.\/\S*|\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/);
  });
});
