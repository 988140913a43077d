import { readTimes } from "./cron/fields";
import { prefectFirings } from "./cron/firings";
import type { Schedule } from "./schema";

/** A leap year and the two after it. It is always the same, so that the same schedule has always the same answer. */
const [from, until] = [Date.UTC(2024, 0, 1) / 60_000, Date.UTC(2027, 0, 1) / 60_000];
/** Nine days of a job that runs each minute of office hours: a weekend is in it. */
const enough = 5000;

/** The longest time from one beginning of a job to the next, seconds. */
export function longestGap(schedule: Schedule): number {
  if ("every" in schedule) return schedule.every;
  const read = readTimes(`${schedule.cron} x`);
  // The schema has seen to it.
  if ("bad" in read || read.times === "reboot") throw new Error(`${schedule.cron} is no schedule.`);
  const { days, weekdays } = read.times;
  // A field that names every day leaves it to the other.
  const bothDays = !schedule.dayOr || days.size === 31 || weekdays.size === 7;
  const times = { ...read.times, bothDays };
  let former = from;
  let longest = 0;
  let seen = 0;
  for (const at of prefectFirings(times, schedule.timezone, from, until)) {
    if (seen > 0) longest = Math.max(longest, at - former);
    former = at;
    if (++seen > enough) break;
  }
  return (seen < 2 ? until - from : longest) * 60;
}
