import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { house } from "../power/testing";
import { isCalendar } from "../services";
import { checkSettings, loadSettings } from ".";
import { refusals } from "./testing";

const around = { home: "/nowhere", exists: () => false };
const good = [
  "07:30",
  "7:30",
  "07:30:15",
  "Mon..Fri 07:30",
  "mon,Wed,sunday 23:00",
  "*-*-01 04:00",
  "2027-01-01 00:00",
  "12-24 18:00",
  "*:0/15",
  "Mon..Fri *-*-* 08..18:00 Europe/Berlin",
  "07:30 UTC",
  "daily",
];
const bad = [
  "",
  "half past seven",
  "24:00",
  "07:60",
  "Mun 07:30",
  "07:30 07:30",
  "07:30\nx",
  "13-01 04:00",
  "07",
  "07:30 am",
  "03/2,16/21:08",
  "*:*/5",
];

describe("a calendar event", () => {
  it.each(good)("may be %j", (text) => {
    expect(isCalendar(text)).toBe(true);
  });
  it.each(bad)("may not be %j", (text) => {
    expect(isCalendar(text)).toBe(false);
  });

  const analyze = (text: string) => spawnSync("systemd-analyze", ["calendar", text], { encoding: "utf8" });
  it.skipIf(analyze("daily").status !== 0).each(good)("%j is one to systemd too", (text) => {
    expect(analyze(text).stderr).toBe("");
  });
});

describe("homelab:power", () => {
  /** Sentences for a stack's settings of power. */
  function said(stack: "storage" | "desktop" | "compute", power: object): readonly string[] {
    return refusals(() => {
      const settings = loadSettings(stack, { "homelab:power": JSON.stringify(power) }, around);
      checkSettings(settings, stack, house);
    });
  }

  it("is off where nothing is said of it", () => {
    expect(loadSettings("storage", {}, around).power).toEqual({ enabled: false, wake: {} });
    expect(loadSettings("compute", {}, around).power).toEqual({
      enabled: false,
      sleep: [],
      idleMinutes: 0,
      idleCpuPercent: 25,
    });
    for (const stack of ["storage", "desktop", "compute"] as const) expect(said(stack, {})).toEqual([]);
  });

  it("takes times on storage and on an on-demand node", () => {
    expect(said("storage", { enabled: true, wake: { compute: ["Mon..Fri 07:30"] } })).toEqual([]);
    expect(said("compute", { enabled: true, sleep: ["23:00"], idleMinutes: 30 })).toEqual([]);
  });

  it.each([
    [
      "storage",
      { enabled: true, wake: { compute: ["late"] } },
      /^homelab:power\.wake\.compute\.0 is "late": it must be a time as systemd's OnCalendar has it, such as 07:30/,
    ],
    [
      "storage",
      { enabled: true, wake: { tv: ["07:30"] } },
      /^homelab:power\.wake\.tv is no node: it must be one of storage, desktop, compute\.$/,
    ],
    [
      "storage",
      { enabled: true, wake: { desktop: ["07:30"] } },
      /^homelab:power\.wake\.desktop is set, but desktop is always-on/,
    ],
    [
      "storage",
      { wake: { compute: ["07:30"] } },
      /^homelab:power\.wake is set: homelab:power\.enabled must be true/,
    ],
    [
      "storage",
      { idleMinutes: 5 },
      /^homelab:power\.idleMinutes is not a known key; known here: enabled, wake\.$/,
    ],
    [
      "compute",
      { enabled: true, idleMinutes: -1 },
      /^homelab:power\.idleMinutes is -1: it must be 0 to 1440 minutes\.$/,
    ],
    [
      "compute",
      { enabled: true, idleMinutes: 0.5 },
      /^homelab:power\.idleMinutes is 0\.5: it must be a whole number of minutes\.$/,
    ],
    [
      "compute",
      { enabled: true, idleCpuPercent: 0 },
      /^homelab:power\.idleCpuPercent is 0: it must be 1 to 6400 percent\.$/,
    ],
    ["compute", { sleep: ["23:00"] }, /^homelab:power\.sleep is set: homelab:power\.enabled must be true/],
    ["desktop", { enabled: true }, /^homelab:power\.enabled is set, but desktop is always-on/],
    [
      "desktop",
      { enabled: true, idleMinutes: 5 },
      /^homelab:power\.idleMinutes is set, but desktop is always-on/,
    ],
  ] as const)("refuses with one sentence: %s %j", (stack, power, sentence) => {
    const sentences = said(stack, power);
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(sentence);
  });

  it("refuses to wake a node whose hardware address is not known", () => {
    const { mac, ...compute } = house.nodes.compute;
    expect(mac).toBeDefined();
    const power = { "homelab:power": JSON.stringify({ enabled: true, wake: { compute: ["07:30"] } }) };
    expect(() => {
      checkSettings(loadSettings("storage", power, around), "storage", {
        ...house,
        nodes: { ...house.nodes, compute },
      });
    }).toThrow("homelab:power.wake.compute is set: nodes.compute.mac of the topology must be given for it.");
  });
});
