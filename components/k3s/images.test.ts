import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let work: string, own: string, theirs: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "homelab-images-"));
  own = join(work, "agent", "images");
  theirs = join(work, "archives");
  mkdirSync(theirs);
});
afterEach(() => {
  rmSync(work, { recursive: true, force: true });
});

function run(...args: string[]) {
  const { status, stderr } = spawnSync("bash", [join(__dirname, "scripts", "images.sh"), ...args], {
    encoding: "utf8",
  });
  return { status, stderr };
}
const done = { status: 0, stderr: "" };
const put = (...names: string[]) => {
  for (const name of names) writeFileSync(join(theirs, name), name);
};

describe("archives of images", () => {
  it("are linked into K3s' own directory, those of the forms that K3s reads", () => {
    put("one.tar", "two.tar.zst", "notes.md", "three.tgz");
    expect(run(own, theirs)).toEqual(done);
    expect(readdirSync(own).sort()).toEqual(["homelab-one.tar", "homelab-three.tgz", "homelab-two.tar.zst"]);
    expect(readlinkSync(join(own, "homelab-one.tar"))).toBe(join(theirs, "one.tar"));
    expect(readFileSync(join(own, "homelab-two.tar.zst"), "utf8")).toBe("two.tar.zst");
  });

  it("that went away are linked no more, and what is K3s' own or somebody's stays", () => {
    put("one.tar", "two.tar");
    run(own, theirs);
    rmSync(join(theirs, "one.tar"));
    put("three.tar");
    writeFileSync(join(own, "k3s-airgap-images-amd64.tar.zst"), "");
    writeFileSync(join(own, "homelab-mine.tar"), "a file, no link");
    expect(run(own, theirs)).toEqual(done);
    expect(readdirSync(own).sort()).toEqual([
      "homelab-mine.tar",
      "homelab-three.tar",
      "homelab-two.tar",
      "k3s-airgap-images-amd64.tar.zst",
    ]);
  });

  it("are followed into another directory, and forgotten with the setting", () => {
    put("one.tar");
    run(own, theirs);
    const other = join(work, "with a space");
    mkdirSync(other);
    writeFileSync(join(other, "one.tar"), "");
    expect(run(own, other)).toEqual(done);
    expect(readlinkSync(join(own, "homelab-one.tar"))).toBe(join(other, "one.tar"));
    expect(run(own)).toEqual(done);
    expect(readdirSync(own)).toEqual([]);
  });

  it("in a directory that is not there are a mistake, told before K3s starts, and the links from before stay", () => {
    put("one.tar");
    run(own, theirs);
    const { status, stderr } = run(own, join(work, "nowhere"));
    expect(status).toBe(1);
    expect(stderr).toBe(
      `homelab:k3s.imageArchives is ${work}/nowhere, which is no directory on this node: put the archives there, or take the setting away.\n`,
    );
    expect(readdirSync(own)).toEqual(["homelab-one.tar"]);
  });

  it("are what nobody has to have", () => {
    expect(run(own)).toEqual(done);
    expect(readdirSync(own)).toEqual([]);
  });
});
