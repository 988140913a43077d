import { spans } from "./cron/zone";
import { cronFirings, prefectFirings, timerFirings, type Firings } from "./cron/firings";
import type { Times } from "./cron/fields";
import type { Schedule } from "./schema";

/** A job's schedule for Prefect, and whether that begins it at other times than cron did. */
export interface Fitted {
  readonly schedule: Extract<Schedule, { cron: string }>;
  /** The first time at which they differ, epoch minutes: one of the two is undefined where the other begins nothing. */
  readonly differs?: { readonly cron?: number; readonly prefect?: number };
}

const numeric = /^(\*|\d+(-\d+)?)(\/\d+)?(,\d+(-\d+)?(\/\d+)?)*$/;

/** A field as every cron reads it: as it was written if it is plain, else the numbers that Debian's cron took from it. */
function field(set: ReadonlySet<number>, written: string | undefined, low: number, high: number): string {
  if (set.size === high - low + 1) return "*";
  if (written !== undefined && numeric.test(written)) return written;
  const numbers = [...set].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < numbers.length;) {
    let to = i;
    while (numbers[to + 1] === (numbers[to] ?? 0) + 1) to++;
    const [from = 0, until = 0] = [numbers[i], numbers[to]];
    if (to - i < 2) to = i;
    parts.push(to === i ? String(from) : `${from}-${until}`);
    i = to + 1;
  }
  return parts.join(",");
}

/** Times as five fields, without anything that other crons read in another way, and how the day fields go together. */
function plainCron(times: Times, written: readonly string[] = []): { cron: string; dayOr: boolean } {
  const [minute, hour, dayText, month, weekdayText] = written.length === 5 ? written : [];
  // Where either day is enough and one of the fields is every day, it is every day.
  const always = !times.bothDays && (times.days.size === 31 || times.weekdays.size === 7);
  const day = always ? "*" : field(times.days, dayText, 1, 31);
  // 7 is Sunday, and not to all.
  const weekday = always
    ? "*"
    : field(times.weekdays, weekdayText?.includes("7") === true ? undefined : weekdayText, 0, 6);
  return {
    cron: [
      field(times.minutes, minute, 0, 59),
      field(times.hours, hour, 0, 23),
      day,
      field(times.months, month, 1, 12),
      weekday,
    ].join(" "),
    dayOr: !(times.bothDays || always),
  };
}

const day = 1440;
const changes = new Map<string, readonly number[]>();

/** When a zone's clock is changed within two years: only then can Prefect and cron differ. */
function changesOf(zone: string, now: number): readonly number[] {
  const key = `${zone} ${now}`;
  let found = changes.get(key);
  if (found === undefined) {
    found = [...spans(zone, now, now + 732 * day)].slice(1).map(({ from }) => from);
    changes.set(key, found);
  }
  return found;
}

/** Fits Prefect to cron's times, judged over two years. @param now epoch minutes */
export function fit(times: Times, written: readonly string[], zone: string, now: number): Fitted {
  const plain = plainCron(times, written);
  const differs = difference(times, zone, zone, now);
  if (differs === undefined) return { schedule: { ...plain, timezone: zone } };
  // What runs in every hour of every day is the same in UTC, where no hour comes twice.
  const always = times.hours.size === 24 && plain.cron.endsWith(" * * *");
  return always && difference(times, zone, "UTC", now) === undefined
    ? { schedule: { ...plain, timezone: "UTC" } }
    : { schedule: { ...plain, timezone: zone }, differs };
}

/** The first time at which Prefect differs from a timer of systemd's. @param now epoch minutes */
export const timerDifference = (times: Times, zone: string, now: number): Fitted["differs"] =>
  difference(times, zone, zone, now, timerFirings);

function difference(
  times: Times,
  zone: string,
  prefectZone: string,
  now: number,
  firings: typeof cronFirings = cronFirings,
): Fitted["differs"] {
  for (const change of changesOf(zone, now)) {
    const [after, until] = [Math.max(now, change - day), change + 2 * day];
    const found = firstDifference(
      firings(times, zone, after, until),
      prefectFirings(times, prefectZone, after, until),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

function firstDifference(cron: Firings, prefect: Firings): Fitted["differs"] {
  let former: number | undefined;
  for (;;) {
    let ours = cron.next();
    // Two at once are one to Prefect, as they are to a lock.
    while (ours.done !== true && ours.value === former) ours = cron.next();
    const theirs = prefect.next();
    const [a, b] = [ours, theirs].map(({ done, value }) => (done === true ? undefined : value));
    if (a === undefined && b === undefined) return undefined;
    if (a !== b) {
      const [cronFirst, prefectFirst] = [a ?? Infinity, b ?? Infinity];
      return {
        ...(cronFirst <= prefectFirst + 60 && a !== undefined ? { cron: a } : {}),
        ...(prefectFirst <= cronFirst + 60 && b !== undefined ? { prefect: b } : {}),
      };
    }
    former = a;
  }
}
