import type { Schedule } from "./schema";
import { isZone } from "./cron/zone";

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
  ...{ us: 1e-6, usec: 1e-6, ms: 1e-3, msec: 1e-3 },
  ...{ "": 1, s: 1, sec: 1, second: 1, seconds: 1, m: 60, min: 60, minute: 60, minutes: 60 },
  ...{ h: 3600, hr: 3600, hour: 3600, hours: 3600, d: 86_400, day: 86_400, days: 86_400 },
  ...{ w: 604_800, week: 604_800, weeks: 604_800 },
};

/** A time as systemd writes it, in seconds: `5min`, `1h 30m`, `90`. @returns undefined when it is none */
export function seconds(text: string): number | undefined {
  const parts = [...text.matchAll(/\s*(\d+(?:\.\d+)?)\s*([a-z]*)/gy)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join("") !== text.trimEnd()) return undefined;
  let sum = 0;
  for (const [, value = "", unit = ""] of parts) {
    const each = units[unit];
    if (each === undefined) return undefined;
    sum += Number(value) * each;
  }
  return sum;
}

const words: Readonly<Record<string, string>> = {
  ...{ minutely: "* * * * *", hourly: "0 * * * *", daily: "0 0 * * *", weekly: "0 0 * * 1" },
  ...{ monthly: "0 0 1 * *", quarterly: "0 0 1 1,4,7,10 *", semiannually: "0 0 1 1,7 *" },
  ...{ "semi-annually": "0 0 1 1,7 *", yearly: "0 0 1 1 *", annually: "0 0 1 1 *", anually: "0 0 1 1 *" },
};
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** A part of a date or time as cron's field; undefined where cron has no such. */
function field(text: string, low: number, high: number): string | undefined {
  const parts = text.split(",").map((one) => {
    const found = /^(?:(\*)|(\d+)(?:\.\.(\d+))?)(?:\/(\d+))?$/.exec(one);
    if (found === null) return undefined;
    const [, star, from, to, step] = found;
    const tail = step === undefined ? "" : `/${Number(step)}`;
    if (step !== undefined && Number(step) === 0) return undefined;
    if (star !== undefined) return `*${tail}`;
    const [first, last] = [Number(from), to === undefined ? undefined : Number(to)];
    if (first < low || first > high || (last !== undefined && (last < first || last > high)))
      return undefined;
    if (last !== undefined) return `${first}-${last}${tail}`;
    return step === undefined ? String(first) : `${first}-${high}${tail}`;
  });
  return parts.every((one) => one !== undefined) ? parts.join(",") : undefined;
}

function weekdays(text: string): string | undefined {
  const number = (name: string) => {
    const at = days.indexOf(name.toLowerCase().slice(0, 3));
    return at === -1 || !/^(sun|mon|tue|wed|thu|fri|sat)(day|sday|nesday|rsday|urday)?$/i.test(name)
      ? undefined
      : at;
  };
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const [from, to = from] = part.split("..").map(number);
    if (from === undefined || to === undefined) return undefined;
    for (let at = from; ; at = (at + 1) % 7) {
      found.add(at);
      if (at === to) break;
    }
  }
  return found.size === 7 ? "*" : [...found].sort((a, b) => a - b).join(",");
}

/** A calendar time as cron's fields. @returns a sentence's end that says why it cannot be one */
export function calendarCron(text: string, zone: string): Schedule | string {
  const parts = text.trim().split(/\s+/);
  const last = parts.at(-1) ?? "";
  const timezone =
    parts.length > 1 &&
    isZone(last) &&
    /^[A-Z]/.test(last) &&
    !/^\d/.test(last) &&
    weekdays(last) === undefined
      ? last
      : zone;
  if (timezone === last && parts.length > 1) parts.pop();
  const word = parts.length === 1 ? words[(parts[0] ?? "").toLowerCase()] : undefined;
  if (word !== undefined) return { cron: word, timezone, dayOr: true };
  const dow = /^[A-Za-z]/.test(parts[0] ?? "") ? weekdays((parts.shift() ?? "").replace(/,$/, "")) : "*";
  if (dow === undefined) return "its weekdays are not understood";
  const date = parts[0]?.includes("-") === true ? (parts.shift() ?? "") : "*-*-*";
  if (date.includes("~")) return "it counts days from a month's end (~), which cron cannot";
  const time = parts.shift() ?? "00:00:00";
  if (parts.length > 0) return "it is not understood";
  const [year = "", monthText = "", dayText = ""] =
    date.split("-").length === 2 ? ["*", ...date.split("-")] : date.split("-");
  if (year !== "*") return "it names a year, which cron cannot";
  const [hourText = "", minuteText = "", secondText = "00"] = time.split(":");
  if (!/^0+(\.0+)?$/.test(secondText)) return "it names seconds, which cron cannot";
  const [minute, hour, day, month] = [
    field(minuteText, 0, 59),
    field(hourText, 0, 23),
    field(dayText, 1, 31),
    field(monthText, 1, 12),
  ];
  if (minute === undefined || hour === undefined || day === undefined || month === undefined)
    return "it is not understood";
  // systemd wants all of its parts to fit.
  return { cron: [minute, hour, day, month, dow].join(" "), timezone, dayOr: day === "*" || dow === "*" };
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
