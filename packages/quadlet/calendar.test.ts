import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { readCalendar } from "./calendar";
// What systemd 252 answered on 29 November 2026: cases of its manual, of its source's limits, and of some ten thousand that were
// made up, of which those are here that an earlier reading had wrong.
import answers from "./testing/calendar.json";

const isOne = (text: string) => typeof readCalendar(text) !== "string";

describe("a calendar time", () => {
  it("is what systemd takes", () => {
    expect(answers.takes.length).toBeGreaterThan(100);
    expect(answers.takes.filter((one) => !isOne(one))).toEqual([]);
  });

  it("is nothing that systemd refuses", () => {
    expect(answers.refuses.length).toBeGreaterThan(100);
    expect(answers.refuses.filter(isOne)).toEqual([]);
  });

  it.each([
    [
      "03/2,16/21:08",
      "16/21 has a step that leads beyond the hours, which systemd refuses; without it, it is 16",
    ],
    ["*/2:00", "*/2 is no step of hours: systemd wants a number before the /, such as 0/2"],
    ["Sat..Mon 10:00", "Sat..Mon goes beyond Sunday, with which a week ends"],
    ["24:00", "24 is not within the hours, which are 0 to 23"],
    ["18..6:00", "18..6 is a range whose end comes first"],
    ["Tues 10:00", '"Tues" is no weekday'],
    ["10:00 Europe/berlin", '"Europe/berlin" is too much'],
    ["10:00\nx", '"00\\nx" is not understood among the minutes'],
  ])("that is none, such as %j, is refused with a reason", (text, why) => {
    expect(readCalendar(text)).toBe(why);
  });

  const systemd = (...texts: string[]) =>
    spawnSync("systemd-analyze", ["calendar", "--base-time=2027-01-01", "--", ...texts], {
      encoding: "utf8",
      env: { ...process.env, TZ: "UTC" },
    });
  // Nothing is said where there is none.
  const here = /^systemd 252\b/.test(
    spawnSync("systemd-analyze", ["--version"], { encoding: "utf8" }).stdout,
  );

  it.skipIf(!here)("is answered by this computer's systemd as it was recorded", () => {
    const { stderr } = systemd(...answers.takes, ...answers.refuses);
    const refused = new Set(
      [...stderr.matchAll(/^Failed to parse calendar specification '(.*)': /gm)].map(([, one]) => one),
    );
    expect([...refused].sort()).toEqual([...answers.refuses].sort());
  });
});
