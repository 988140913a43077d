import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { backupServerSchema } from "../services";
import { skippedHours } from "./skipped-hour";

const { at, drillAt, filesAt } = backupServerSchema.parse({});

describe("a time of day at which a job begins", () => {
  it("exists on every day of the year, in every zone, when it is a default", () => {
    expect(skippedHours({ at, drillAt, filesAt })).toEqual([]);
    const day = 86_400_000;
    for (const zone of Intl.supportedValuesOf("timeZone")) {
      const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeStyle: "short" });
      // Hours after midnight that are missing on some day.
      const missing = new Set<string>();
      for (let noon = Date.UTC(2027, 0, 1, 12); noon < Date.UTC(2028, 0, 1); noon += day) {
        const offset = (moment: number) =>
          Number(format.format(moment).slice(0, 2)) - new Date(moment).getUTCHours();
        if ((offset(noon) - offset(noon + day) + 48) % 24 !== 23) continue;
        const seen = new Set<string>();
        for (let moment = noon; moment < noon + day; moment += 1_800_000)
          seen.add(format.format(moment).slice(0, 2));
        for (let hour = 0; hour < 24; hour += 1) {
          const text = String(hour).padStart(2, "0");
          if (!seen.has(text)) missing.add(text);
        }
      }
      for (const time of [at, drillAt, filesAt])
        expect([zone, missing.has(time.slice(-5, -3))]).toEqual([zone, false]);
    }
  });

  it.each(["00:30", "01:30", "02:30", "03:30", "Sun 02:59"])("is warned of at %s", (time) => {
    expect(skippedHours({ "homelab:backup.at": time })).toEqual([
      expect.stringContaining(`homelab:backup.at is ${time}: on the day on which clocks go forward`),
    ]);
  });

  it.each([
    "Mon..Fri 02:30",
    "*-*-01 03:00:00",
    "02:30 Europe/Berlin",
    "Sun *-*-* 2:15",
    "0,12:00",
    "daily",
    "weekly",
    "Mon",
  ])("is warned of as a moment that comes again, %s", (moment) => {
    expect(skippedHours({ "homelab:power.sleep": moment })).toHaveLength(1);
  });

  it.each(["Mon..Fri 07:30", "*-*-01 04:00", "23:02", "*:0/15", "02:30 UTC", "hourly", "12:02:03"])(
    "is not warned of where it is never missed, %s",
    (moment) => {
      expect(skippedHours({ "homelab:power.sleep": moment })).toEqual([]);
    },
  );

  it("of the former default is one that systemd skips", () => {
    const next = (time: string) => {
      try {
        const options = ["calendar", "--base-time=2027-03-27 12:00", "--iterations=1", `*-*-* ${time}:00`];
        return /Next elapse: (\S+ \S+ \S+)/.exec(
          execFileSync("systemd-analyze", options, {
            encoding: "utf8",
            env: { ...process.env, TZ: "Europe/Berlin" },
          }),
        )?.[1];
      } catch {
        return undefined; // not on this computer
      }
    };
    expect([undefined, "Mon 2027-03-29 02:30:00"]).toContain(next("02:30"));
    expect([undefined, `Sun 2027-03-28 ${at}:00`]).toContain(next(at));
  });
});
