import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isCut, splitCommand } from "./command";
import { readCrontab, readSetting } from "./crontab";
import { readTimes, type Times } from "./fields";
import { cronFirings, prefectFirings } from "./firings";

/** What Debian's own cron said: testing/debian-cron.c. Times are the first minute, then steps, `60x3` for three alike. */
interface Judged {
  readonly windows: readonly {
    readonly zone: string;
    readonly from: number;
    readonly files: Readonly<Record<string, readonly string[]>>;
    readonly expressions: Readonly<Record<string, string>>;
  }[];
  readonly read: Readonly<
    Record<string, readonly { command: string; reboot: boolean; environment: readonly string[] }[]>
  >;
  readonly refused: Readonly<Record<string, boolean>>;
}

const testing = join(__dirname, "..", "testing");
const read = (name: string) => readFileSync(join(testing, name), "utf8");
const judged = JSON.parse(read("debian-cron.json")) as Judged;
const fourYears = 4 * 1461 * 360;

function minutes(steps: string): number[] {
  const said: number[] = [];
  for (const part of steps.split(" ").filter((one) => one !== "")) {
    const [step = 0, times = 1] = part.split("x").map(Number);
    for (let i = 0; i < times; i++) said.push((said.at(-1) ?? 0) + step);
  }
  return said;
}

function firings(times: Times | "reboot", zone: string, from: number): number[] {
  const found: number[] = [];
  if (times === "reboot") return found;
  for (const at of cronFirings(times, zone, from / 60, from / 60 + fourYears)) {
    found.push(at);
    if (found.length === 100) break;
  }
  return found;
}

const timesOf = (line: string): Times => {
  const found = readTimes(line);
  if ("bad" in found || found.times === "reboot") throw new Error(`${line} names no times`);
  return found.times;
};

describe.each(judged.windows)("in $zone from $from on", ({ zone, from, files, expressions }) => {
  it("each expression fires at the 100 times at which Debian's cron does", () => {
    const said = Object.keys(expressions).map((line) => [line, firings(timesOf(`${line} x`), zone, from)]);
    expect(Object.fromEntries(said)).toEqual(
      Object.fromEntries(Object.entries(expressions).map(([line, steps]) => [line, minutes(steps)])),
    );
  });

  it("each line of the crontabs fires at the 100 times at which Debian's cron does", () => {
    for (const [name, lines] of Object.entries(files)) {
      const { entries } = readCrontab(read(`crontabs/${name}`), { system: name.endsWith(".system") });
      expect(entries.map(({ times }) => firings(times, zone, from))).toEqual(lines.map(minutes));
    }
  });
});

it("a crontab's commands and variables are read as Debian's cron does", () => {
  for (const [name, lines] of Object.entries(judged.read)) {
    const { entries, wrong } = readCrontab(read(`crontabs/${name}`), { system: name.endsWith(".system") });
    expect(wrong).toEqual([]);
    expect(entries.map(({ command, times }) => [command, times === "reboot"])).toEqual(
      lines.map(({ command, reboot }) => [command.trimStart(), reboot]),
    );
    for (const [i, { environment }] of entries.entries())
      for (const [key, value] of Object.entries(environment))
        expect(lines[i]?.environment).toContain(`${key}=${value}`);
  }
});

it("what Debian's cron refuses is refused, and nothing else", () => {
  const ours = Object.keys(judged.refused).map((line) => [
    line,
    readCrontab(`${line}\n`, { system: false }).wrong.length === 1,
  ]);
  expect(Object.fromEntries(ours)).toEqual(judged.refused);
});

it("a list that begins with a comma is refused, and a value may have a carriage return", () => {
  const wrong = (line: string) => readCrontab(`${line}\n`, { system: false }).wrong.map(({ bad }) => bad);
  expect([",1 * * * * x", "* ,1 * * * x", "* * * ,jan * x", "1,,2 * * * * x"].map(wrong)).toEqual([
    ["minute"],
    ["hour"],
    ["month"],
    ["minute"],
  ]);
  // A file from Windows: cron takes its variables, each without the blanks at its end.
  const { entries } = readCrontab('A=b\r\nB="c"\r\n1 2 * * * x\r\n', { system: false });
  expect(entries).toMatchObject([{ command: "x\r", environment: { A: "b", B: "c" } }]);
});

it("a last line without a line end is told, a comment is not", () => {
  const unended = (text: string) => readCrontab(text, { system: false }).unended;
  expect(
    ["1 2 * * * a", "1 2 * * * a\n", "1 2 * * * a\n# end", "A=b", "1 2 * * * a\n  "].map(unended),
  ).toEqual([1, undefined, undefined, 1, undefined]);
});

it("a variable is read as Debian's cron does", () => {
  expect(['A = "b c" ', "A=", "A=''", "'A B'=c # d", "A='b' c", "A=\"'x'\"", "=x"].map(readSetting)).toEqual([
    ["A", "b c"],
    undefined,
    ["A", ""],
    ["A B", "c # d"],
    undefined,
    ["A", "x"],
    ["", "x"],
  ]);
});

it.each([
  ["date +\\%F", { command: "date +%F" }],
  ["date +%F", { command: "date +", input: "F\n" }],
  ["mail x%a%b\\%c%", { command: "mail x", input: "a\nb%c\n" }],
  ["grep 'a\\\\.b'", { command: "grep 'a\\.b'" }],
  ["a \\\\% b", { command: "a \\", input: " b\n" }],
  ["a%", { command: "a", input: "" }],
])("%s is split as cron does", (text, split) => {
  expect(splitCommand(text)).toEqual(split);
});

it("a command that a % has cut is known by what it leaves open", () => {
  const cut = ['echo "$(date +', "sleep $((RANDOM ", "echo `date +", "echo 'x"];
  const whole = ["mail -s x y", `echo "it's" '"' \\"`, "echo $(date) # it's", 'echo "$(echo ")")"', "a (b"];
  expect(cut.filter((text) => !isCut(text))).toEqual([]);
  expect(whole.filter(isCut)).toEqual([]);
});

it("Prefect begins a job that falls into the gap an hour later, and one of the hour that comes twice once", () => {
  const at = (text: string) => Date.parse(text) / 60_000;
  const all = (line: string, from: string, until: string) =>
    [...prefectFirings(timesOf(`${line} x`), "Europe/Berlin", at(from), at(until))].map((minute) =>
      new Date(minute * 60_000).toISOString().slice(0, 16),
    );
  expect(all("30 2 * * *", "2026-03-28T22:00Z", "2026-03-29T22:00Z")).toEqual(["2026-03-29T01:30"]);
  expect(all("30 2 * * *", "2026-10-24T22:00Z", "2026-10-25T22:00Z")).toEqual(["2026-10-25T00:30"]);
});

it("no line is lost and none ends the reading, whatever stands in a crontab", () => {
  const word = fc.constantFrom(
    "*",
    "*/5",
    "1-5",
    "0/5",
    "mon",
    "@daily",
    "7",
    "a=b",
    "root",
    "%",
    "'",
    '"',
    "#",
    "\\",
    "\r",
  );
  const line = fc.oneof(
    fc.array(word, { maxLength: 9 }).map((words) => words.join(" ")),
    fc.string({ maxLength: 40 }),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.boolean(), (lines, system) => {
      const text = lines.map((one) => one.replaceAll("\n", " ")).join("\n");
      const { entries, wrong } = readCrontab(`${text}\n`, { system });
      const said = new Set([...entries, ...wrong].map(({ line }) => line));
      for (const [i, one] of text.split("\n").entries()) {
        const content = one.replace(/^[ \t]+/, "");
        const silent = content === "" || content.startsWith("#") || readSetting(content) !== undefined;
        expect(said.has(i + 1)).toBe(!silent);
      }
      for (const { command, times } of entries) {
        splitCommand(command);
        if (times !== "reboot") cronFirings(times, "UTC", 0, 1440).next();
      }
    }),
    { numRuns: 500 },
  );
});
