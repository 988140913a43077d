import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const library = join(__dirname, "unit-quadlets-lib.sh");

/** The library with `cp` played: it does what is given before it is itself. */
describe("copying quadlets that others put in place meanwhile", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "homelab-quadlets-"));
    mkdirSync(join(folder, "from"));
    for (const name of ["a", "b"]) writeFileSync(join(folder, "from", name), name);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const copied = (first: string) =>
    spawnSync(
      "bash",
      [
        "-euc",
        `source "$0"; fail() { echo "$2"; exit "$1"; }; no() { echo "cp: $1: No such file or directory" >&2; return 1; }
         cp() { ${first}; command cp "$@"; }
         copied from to; ls to`,
        library,
      ],
      { cwd: folder, encoding: "utf8" },
    );

  it("has one that another took the place of", () => {
    expect(copied(`[ -e once ] || { touch once; no "$2"; return; }`).stdout).toBe("a\nb\n");
  });
  it("goes on without one that vanished", () => {
    expect(copied(`[ "$3" != from/a ] || { rm from/a; no "$3"; return; }`).stdout).toBe("b\n");
  });
  it("says which cannot be copied at all", () => {
    const { status, stdout } = copied(`[ "$3" != from/a ] || { no "$3"; return; }`);
    expect([status, stdout]).toEqual([
      21,
      "from/a could not be copied, tried 20 times: No such file or directory\n",
    ]);
  });
});
