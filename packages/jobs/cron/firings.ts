import { named, namesDay, type Times } from "./fields";
import { spans } from "./zone";

/** Minutes since the epoch in which a job fires; one is there twice when it fires twice in it. */
export type Firings = Generator<number>;

/** Minutes of the wall that are named, from one to before another. */
function* walls(times: Times, from: number, until: number): Firings {
  const sorted = (set: ReadonlySet<number>) => [...set].sort((a, b) => a - b);
  const [hours, minutes] = [sorted(times.hours), sorted(times.minutes)];
  const day = 1440;
  for (let at = Math.floor(from / day) * day; at < until; at += day) {
    if (!namesDay(times, new Date(at * 60_000))) continue;
    for (const hour of hours)
      for (const minute of minutes) {
        const wall = at + hour * 60 + minute;
        if (wall >= from && wall < until) yield wall;
      }
  }
}

/** Whether the times come at all after a minute: 29 February falls on each weekday within forty years. */
export const everComes = (times: Times, after: number): boolean =>
  walls(times, after, after + 41 * 366 * 1440).next().done !== true;

/** How far the clock must be moved before cron takes it for another time altogether. */
const threeHours = 180;

/**
 * When Debian's cron starts a job. Where the clock is changed by less than three hours, a job with `*` in front of its
 * minutes or hours follows the wall; others are made up for in the first minute after a gap, and are not repeated.
 *
 * @param after cron is taken to be running since then; the first minute looked at is the next
 * @param until the last minute looked at
 */
export function* cronFirings(times: Times, zone: string, after: number, until: number): Firings {
  let virtual: number | undefined;
  for (const span of spans(zone, after, until + 1)) {
    const wall = span.from + span.offset;
    const end = span.until + span.offset;
    virtual ??= wall;
    const jump = wall - virtual;
    let next = wall;
    // The first span begins with the minute in which cron was started.
    if (jump === 0 && span.from === after) next = wall + 1;
    else if (jump > 1 && jump <= threeHours) {
      // Up to five minutes are simply caught up; after more, only what has no `*`.
      const late = jump <= 5;
      if (!late && times.wild && named(times, wall)) yield span.from;
      if (late || !times.wild) yield* [...walls(times, virtual + 1, wall + 1)].map(() => span.from);
      next = wall + 1;
    } else if (jump <= 0 && jump > -threeHours) {
      next = Math.min(virtual + 1, end);
      if (times.wild) for (const again of walls(times, wall, next)) yield again - span.offset;
    }
    for (const at of walls(times, next, end)) yield at - span.offset;
    virtual = jump <= -threeHours ? end - 1 : Math.max(virtual, end - 1);
  }
}

/**
 * When Prefect starts a job that has these times as its schedule: whatever is named on the wall; what falls into a gap
 * comes as much later as the gap is long, and of an hour that comes twice only the first counts.
 */
export const prefectFirings = (times: Times, zone: string, after: number, until: number): Firings =>
  onceOnTheWall(times, zone, { after, until, caughtUp: true });

/** When a timer of systemd's with these times starts: as Prefect, but what falls into a gap does not come. */
export const timerFirings = (times: Times, zone: string, after: number, until: number): Firings =>
  onceOnTheWall(times, zone, { after, until, caughtUp: false });

function* onceOnTheWall(
  times: Times,
  zone: string,
  { after, until, caughtUp }: { after: number; until: number; caughtUp: boolean },
): Firings {
  const said = new Set<number>();
  const found: number[] = [];
  let before: { readonly offset: number; readonly until: number } | undefined;
  // The clock may have been changed shortly before.
  for (const span of spans(zone, after - 1440, until + 1)) {
    const begins = span.from + span.offset;
    if (caughtUp && before !== undefined && span.offset > before.offset)
      for (const missing of walls(times, before.until + before.offset, begins))
        found.push(missing - before.offset);
    const from = before === undefined ? begins : Math.max(begins, before.until + before.offset);
    for (const at of walls(times, from, span.until + span.offset)) found.push(at - span.offset);
    before = span;
  }
  for (const at of found.sort((a, b) => a - b))
    if (at > after && at <= until && !said.has(at)) {
      said.add(at);
      yield at;
    }
}
