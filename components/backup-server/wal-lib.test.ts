import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const library = join(__dirname, "scripts/wal-lib.sh");
const run = (...words: string[]) =>
  execFileSync("bash", ["-euc", 'source "$1"; shift; "$@"', "bash", library, ...words], {
    encoding: "utf8",
  }).trim();

describe("where receiving goes on", () => {
  it.each<[what: string, files: string[], then: string]>([
    ["with nothing for an empty folder", ["sums", "00000002.history"], ""],
    ["after the last whole segment", ["000000010000000000000008", "000000010000000000000009"], "1 10"],
    ["with one that is not whole", ["000000010000000000000009", "00000001000000000000000A.partial"], "1 10"],
    ["across files of 256 segments", ["0000000100000001000000FF"], "1 512"],
    [
      "of two timelines in the segment in which one ended with the later one",
      ["000000010000000000000009.partial", "000000020000000000000009"],
      "2 10",
    ],
    [
      "with the later one that is not whole, too",
      ["00000001000000000000000A", "00000002000000000000000A.partial"],
      "2 10",
    ],
  ])("%s", (_what, files, then) => {
    const folder = mkdtempSync(join(tmpdir(), "homelab-wal-"));
    try {
      for (const file of files) writeFileSync(join(folder, file), "");
      expect(run("goes_on", folder)).toBe(then);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("what the server is asked for", () => {
  const history =
    "1\t0/9000100\tno recovery target specified\n\n2\t0/C000000\tno recovery target specified\n";
  it.each<[what: string, timeline: number, segment: number, server: number, lsn: string, answer: string]>([
    ["the same timeline: the segment itself", 1, 9, 1, "0/9000100", "segment 000000010000000000000009"],
    ["the end of the same timeline: nothing yet", 1, 9, 1, "0/9000000", "nothing"],
    ["a server that has not come so far", 1, 10, 1, "0/9000100", "ahead"],
    [
      "a segment of more than four gigabytes on",
      1,
      0x1ff,
      1,
      "1/FF000001",
      "segment 0000000100000001000000FF",
    ],
    ["an earlier timeline, before it ended", 1, 8, 3, "0/D000000", "segment 000000010000000000000008"],
    [
      "the segment in which a timeline ended: the next one's",
      1,
      9,
      3,
      "0/D000000",
      "segment 000000020000000000000009",
    ],
    [
      "the same at a boundary, on the last one before the server's",
      2,
      12,
      3,
      "0/D000000",
      "segment 00000003000000000000000C",
    ],
    [
      "what was received after the timelines parted",
      ...([1, 10, 3, "0/D000000"] as const),
      "forked it left timeline 1 at 0/9000100, before the end of what was received",
    ],
    [
      "a timeline that the server's does not come from",
      ...([4, 9, 3, "0/D000000"] as const),
      "forked its timeline 3 does not come from timeline 4",
    ],
  ])("%s", (_what, timeline, segment, server, lsn, answer) => {
    expect(run("asked_for", String(timeline), String(segment), String(server), lsn, history)).toBe(answer);
  });
});

describe("a segment that a full disk or a power cut left short", () => {
  /** wal.sh's own function, without the receiver. */
  const mend =
    /^mend\(\) \{[^]*?^\}$/m.exec(readFileSync(join(__dirname, "scripts/wal.sh"), "utf8"))?.[0] ?? "false";
  const name = "000000010000000000000009.partial";
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "homelab-wal-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const mended = () => {
    execFileSync("bash", ["-euc", `source "$1"; ${mend}\nmend "$2"`, "bash", library, folder], {
      stdio: "pipe",
    });
    return readdirSync(folder);
  };

  it("makes way for one that is received anew; with a byte of WAL in it it is kept", () => {
    writeFileSync(join(folder, name), "a byte of WAL");
    expect(mended()).toEqual([expect.stringMatching(/^000000010000000000000009\.partial\.cut-\d+T\d+Z$/)]);
    expect(mended()).toHaveLength(1);
  });

  it("takes no room when there is nothing in it, however often the disk was full", () => {
    for (const path of [name, `${name}.cut-20260101T000000Z`])
      writeFileSync(join(folder, path), Buffer.alloc(5 << 20));
    expect(mended()).toEqual([]);
  });

  it("stays when the receiver goes on with it: whole, or not begun", () => {
    writeFileSync(join(folder, name), Buffer.alloc(16 << 20));
    writeFileSync(join(folder, "00000001000000000000000A.partial"), "");
    expect(mended()).toHaveLength(2);
  });
});
