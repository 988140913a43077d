/** Time zones: what the wall's clock shows. Minutes are since the epoch; the wall's, as if it showed UTC. */

const day = 1440;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether this computer knows a zone. */
export function isZone(zone: string): boolean {
  try {
    format(zone);
    return true;
  } catch {
    return false;
  }
}

function format(zone: string): Intl.DateTimeFormat {
  let found = formats.get(zone);
  if (found === undefined) {
    const two = "2-digit";
    found = new Intl.DateTimeFormat("en-US", {
      ...{ timeZone: zone, hourCycle: "h23", year: "numeric", month: two, day: two, hour: two, minute: two },
    });
    formats.set(zone, found);
  }
  return found;
}

/** How far the wall is ahead of UTC, in minutes. */
function offset(zone: string, minute: number): number {
  const parts = Object.fromEntries(
    format(zone)
      .formatToParts(minute * 60_000)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day: date = 1, hour = 0, minute: past = 0 } = parts;
  return Date.UTC(year, month - 1, date, hour, past) / 60_000 - minute;
}

/** A time in which the wall's clock is not changed. */
export interface Span {
  readonly from: number;
  /** The first minute that is not of it. */
  readonly until: number;
  readonly offset: number;
}

/** The time from one minute to another, cut where the clock is changed. */
export function* spans(zone: string, from: number, until: number): Generator<Span> {
  let begins = from;
  let now = offset(zone, from);
  for (let at = from; at < until;) {
    const next = Math.min(at + day, until);
    const then = offset(zone, next);
    if (then !== now) {
      let [before, after] = [at, next];
      while (after - before > 1) {
        const middle = Math.floor((before + after) / 2);
        if (offset(zone, middle) === now) before = middle;
        else after = middle;
      }
      yield { from: begins, until: after, offset: now };
      [begins, now] = [after, offset(zone, after)];
      at = after;
    } else at = next;
  }
  if (begins < until) yield { from: begins, until, offset: now };
}
