import { cronOf } from "../quadlet";
import type { Schedule } from "./schema";

/** A timer of systemd's: what `systemctl cat` says of it. */
export interface TimerText {
  /** Whole name, e.g. `backup.timer`. */
  readonly name: string;
  readonly text: string;
}

export interface ReadTimer {
  /** The unit that it starts. */
  readonly unit: string;
  readonly schedules: readonly Schedule[];
  /** Why a part of it is not taken over. */
  readonly left: readonly string[];
  readonly remarks: readonly string[];
}

/** The values of a section's keys. An empty one takes back those before it, as systemd has it. */
function section(text: string, name: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  let inside = false;
  for (const line of text.replace(/\\\r?\n/g, " ").split(/\r?\n/)) {
    const heading = /^\[(.+)\]\s*$/.exec(line)?.[1];
    if (heading !== undefined) inside = heading === name;
    const [, key = "", value = ""] = /^([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (!inside || key === "") continue;
    found.set(key, value === "" ? [] : [...(found.get(key) ?? []), value]);
  }
  return found;
}

const units: Readonly<Record<string, number>> = {
  ...{ us: 1e-6, µs: 1e-6, μs: 1e-6, usec: 1e-6, ms: 1e-3, msec: 1e-3 },
  ...{ "": 1, s: 1, sec: 1, second: 1, seconds: 1, m: 60, min: 60, minute: 60, minutes: 60 },
  ...{ h: 3600, hr: 3600, hour: 3600, hours: 3600, d: 86_400, day: 86_400, days: 86_400 },
  ...{ w: 604_800, week: 604_800, weeks: 604_800, M: 2_629_800, month: 2_629_800, months: 2_629_800 },
  ...{ y: 31_557_600, year: 31_557_600, years: 31_557_600 },
};

/** systemd counts microseconds in 64 bits, and refuses what is more. */
const mostSeconds = Math.floor(2 ** 64 / 1e6);

/** A time as systemd reads it, in seconds: `5min`, `1h 30m`, `90`. @returns undefined when it is none */
export function seconds(text: string): number | undefined {
  const parts = [...text.matchAll(/\s*(?:\+(?=\d))?(\d+(?:\.\d+)?|\.\d+)(?![.\d])\s*([A-Za-zµμ]*)/gy)];
  if (
    parts.length === 0 ||
    parts
      .map(([whole]) => whole)
      .join("")
      .trimEnd() !== text.trimEnd()
  )
    return undefined;
  let sum = 0;
  for (const [, value = "", unit = ""] of parts) {
    const each = units[unit];
    if (each === undefined) return undefined;
    sum += Number(value) * each;
  }
  return sum < mostSeconds ? sum : undefined;
}

/** A calendar time as cron's fields. @returns a sentence's end that says why it cannot be one */
export function calendarCron(text: string, zone: string): Schedule | string {
  if (text.startsWith("@")) return "it is one moment, which cron cannot";
  const read = cronOf(text.trim());
  if (typeof read === "string") return read;
  // systemd wants all of its parts to fit.
  return { cron: read.fields, timezone: read.timezone ?? zone, dayOr: !read.bothDays };
}

const intervals = ["OnUnitActiveSec", "OnUnitInactiveSec"] as const;
const onceOnly = ["OnBootSec", "OnStartupSec", "OnActiveSec"] as const;

/** Reads a timer. */
export function readTimer({ name, text }: TimerText, zone: string): ReadTimer {
  const timer = section(text, "Timer");
  const one = (key: string) => timer.get(key)?.at(-1);
  const schedules: Schedule[] = [];
  const left: string[] = [];
  const remarks: string[] = [];
  for (const calendar of timer.get("OnCalendar") ?? []) {
    const read = calendarCron(calendar, zone);
    if (typeof read === "string") left.push(`OnCalendar=${calendar}: ${read}`);
    else schedules.push(read);
  }
  for (const key of intervals)
    for (const value of timer.get(key) ?? []) {
      const every = seconds(value);
      if (every === undefined) left.push(`${key}=${value} is no time`);
      else if (every < 60)
        left.push(`${key}=${value} is more often than once a minute: that is a service's work`);
      else {
        schedules.push({ every: Math.round(every) });
        remarks.push(
          `${key}=${value} counts from its last ${key === "OnUnitActiveSec" ? "beginning" : "end"}: here it is every ${Math.round(every)} s by the clock`,
        );
      }
    }
  for (const key of onceOnly) {
    const value = one(key);
    if (value !== undefined && schedules.length === 0)
      left.push(`${key}=${value}: it begins once, after the node has started; the timer does that better`);
    else if (value !== undefined)
      remarks.push(`${key}=${value} is left out: it begins at the schedule's next time`);
  }
  if (one("RandomizedDelaySec") !== undefined && seconds(one("RandomizedDelaySec") ?? "") !== 0)
    remarks.push(`RandomizedDelaySec=${one("RandomizedDelaySec")} is left out: it begins on time`);
  if (/^(yes|true|on|1)$/i.test(one("Persistent") ?? ""))
    remarks.push("Persistent=: what falls into a time when the node is off is begun once, when it is back");
  if (schedules.length === 0 && left.length === 0) left.push("it names no time");
  return { unit: one("Unit") ?? name.replace(/\.timer$/, ".service"), schedules, left, remarks };
}
