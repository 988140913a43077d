/**
 * Calendar times as systemd's OnCalendar has them, read as systemd 252 reads them: what it refuses is refused here too. Not
 * known here are `@SECONDS` and the abbreviations of the node's own time zone.
 * @see systemd.time(7) "Calendar events", https://github.com/systemd/systemd/blob/v252/src/shared/calendarspec.c
 */
export interface Calendar {
  /** From 0, Monday, to 6; every day where it is undefined. */
  readonly weekdays: readonly number[] | undefined;
  readonly year: Chain;
  readonly month: Chain;
  readonly day: Chain;
  /** Days are counted back from the month's end: 1 is its last. */
  readonly fromMonthEnd: boolean;
  readonly hour: Chain;
  readonly minute: Chain;
  readonly second: Chain;
  /** The node's own where it is undefined. */
  readonly timezone: string | undefined;
}

/** A number, a range, or steps: up to `to` and without it up to the greatest that there is. */
export interface Part {
  readonly from: number;
  readonly to?: number | undefined;
  readonly step?: number | undefined;
}

/** Undefined is `*`. */
export type Chain = readonly Part[] | undefined;

/** Why a text is no calendar time, as the end of a sentence. */
class Refused extends Error {}

const refuse = (why: string): never => {
  throw new Refused(why);
};

const midnight = { hour: [{ from: 0 }], minute: [{ from: 0 }], second: [{ from: 0 }] };
const everyDay = { weekdays: undefined, year: undefined, month: undefined, day: undefined };
const first = [{ from: 1 }];
const months = (...all: readonly number[]) => all.map((from) => ({ from }));

const daily = { ...everyDay, ...midnight, fromMonthEnd: false };
const monthly = { ...daily, day: first };
const semiannually = { ...monthly, month: months(1, 7) };
const yearly = { ...monthly, month: first };
const words = new Map<string, Omit<Calendar, "timezone">>([
  ["minutely", { ...daily, hour: undefined, minute: undefined }],
  ["hourly", { ...daily, hour: undefined }],
  ["daily", daily],
  ["weekly", { ...daily, weekdays: [0] }],
  ["monthly", monthly],
  ["quarterly", { ...monthly, month: months(1, 4, 7, 10) }],
  ...["biannually", "bi-annually", "semiannually", "semi-annually"].map(
    (one) => [one, semiannually] as const,
  ),
  ...["yearly", "annually", "anually"].map((one) => [one, yearly] as const),
]);

const weekdayNames = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

function weekday(name: string): number {
  const known = name.toLowerCase();
  const at = weekdayNames.findIndex((day) => day === known || day.slice(0, 3) === known);
  return at === -1 ? refuse(`${JSON.stringify(name)} is no weekday`) : at;
}

/** `Mon..Fri,Sun`; a comma may be the last. Before `..` it was `-`, which systemd reads to this day. */
function weekdaysOf(text: string): readonly number[] {
  const found = text
    .replace(/,$/, "")
    .split(",")
    .flatMap((part) => {
      const [from = 0, to = from, ...more] = part.split(/\.\.|-/).map(weekday);
      if (more.length > 0) refuse(`${part} is no range of two weekdays`);
      if (to < from) refuse(`${part} goes beyond Sunday, with which a week ends`);
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
  return [...new Set(found)].sort((a, b) => a - b);
}

interface Limits {
  readonly what: string;
  readonly least: number;
  readonly most: number;
  readonly mostStep?: number;
  /** What of a second may be written, too. @default false */
  readonly fractions?: boolean;
  /** @default what is written */
  readonly meant?: (written: number) => number;
}

const limits = {
  year: {
    ...{ what: "years", least: 1970, most: 2199 },
    meant: (written: number) => (written < 70 ? written + 2000 : written < 100 ? written + 1900 : written),
  },
  month: { what: "months", least: 1, most: 12 },
  day: { what: "days", least: 1, most: 31 },
  // Each month has so many.
  dayFromEnd: { what: "days from a month's end", least: 1, most: 28 },
  hour: { what: "hours", least: 0, most: 23 },
  minute: { what: "minutes", least: 0, most: 59 },
  second: { what: "seconds", least: 0, most: 59.999999, mostStep: 2147, fractions: true },
} satisfies Record<string, Limits>;

/** More in one list are refused. */
const mostParts = 241;
const microseconds = (value: number) => Math.round(value * 1e6) / 1e6;

function partOf(text: string, of: Limits): Part {
  const { what, least, most, mostStep = 2 ** 31 - 1, fractions = false, meant = (one: number) => one } = of;
  const number = fractions ? String.raw`\d+(?:\.\d+)?` : String.raw`\d+`;
  const found = new RegExp(`^(${number})(?:\\.\\.(${number}))?(?:/(${number}))?$`).exec(text);
  if (found === null)
    return refuse(
      /^\*\/\d+$/.test(text)
        ? `${text} is no step of ${what}: systemd wants a number before the /, such as ${least}${text.slice(1)}`
        : `${JSON.stringify(text)} is not understood among the ${what}`,
    );
  const [, first = "", last, every] = found;
  const from = microseconds(meant(Number(first)));
  const step = every === undefined ? undefined : microseconds(Number(every));
  if (step === 0) refuse(`${text} has a step of nothing`);
  if (step !== undefined && step > mostStep) refuse(`${text} has too great a step`);
  const within = (one: number) => one >= least && one <= most;
  const outside = `${text} is not within the ${what}, which are ${least} to ${Math.floor(most)}`;
  if (!within(from)) refuse(outside);
  if (last === undefined) {
    if (step !== undefined && (of === limits.dayFromEnd ? from - step < least : from + step > most))
      refuse(
        `${text} has a step that leads beyond the ${what}, which systemd refuses; without it, it is ${from}`,
      );
    return { from, step };
  }
  const end = microseconds(meant(Number(last)));
  if (end < from) refuse(`${text} is a range whose end comes first`);
  if (fractions && step === undefined && microseconds(end - from) < 1)
    refuse(`${text} is a range of less than a second`);
  // What is asked of is the last that the steps come to, not what is written.
  const to = microseconds(from + Math.floor(microseconds((end - from) / (step ?? 1))) * (step ?? 1));
  if (to === from) return { from };
  return within(to) ? { from, to, step } : refuse(outside);
}

function chainOf(text: string, of: Limits): Chain {
  if (text === "*") return undefined;
  const parts = text.split(",");
  if (parts.length > mostParts) refuse(`it lists more than ${mostParts} ${of.what}`);
  return parts.map((part) => partOf(part, of));
}

/** Of several days that are counted from the end systemd lets each further one, by their order, be three less. */
function daysFromEnd(text: string): Chain {
  const days = chainOf(text, limits.dayFromEnd);
  const order = ({ from, to = -1, step = 0 }: Part) => [from, to, step];
  const sorted = [...new Map(days?.map((day) => [order(day).join(), day])).values()].sort((a, b) => {
    const [less, more] = [order(a), order(b)];
    const at = less.findIndex((one, i) => one !== more[i]);
    return (less[at] ?? 0) - (more[at] ?? 0);
  });
  for (const [i, { from, to = from }] of sorted.entries()) {
    const most = limits.dayFromEnd.most - 3 * i;
    if (to > most)
      refuse(
        `${text} lists several days from a month's end, of which systemd takes no. ${i + 1} up to ${most}`,
      );
  }
  return days;
}

function dateOf(text: string): Pick<Calendar, "year" | "month" | "day" | "fromMonthEnd"> {
  const [, year, month = "", before, day = ""] = /^(?:([^-~]+)-)?([^-~]+)([-~])([^-~]+)$/.exec(text) ?? [];
  if (before === undefined) return refuse(`${JSON.stringify(text)} is no date`);
  const fromMonthEnd = before === "~";
  return {
    year: chainOf(year ?? "*", limits.year),
    month: chainOf(month, limits.month),
    day: fromMonthEnd ? daysFromEnd(day) : chainOf(day, limits.day),
    fromMonthEnd,
  };
}

function timeOf(text: string): Pick<Calendar, "hour" | "minute" | "second"> {
  const [hour = "", minute, second = "0", ...more] = text.split(":");
  if (minute === undefined || more.length > 0) return refuse(`${JSON.stringify(text)} is no time of day`);
  return {
    hour: chainOf(hour, limits.hour),
    minute: chainOf(minute, limits.minute),
    second: chainOf(second, limits.second),
  };
}

let canonical: ReadonlyMap<string, string> | undefined;

/** Names of time zones are names of files, so small letters are others than capitals. */
function isZone(name: string): boolean {
  if (!/^[A-Z][A-Za-z0-9_+-]*(\/[A-Z][A-Za-z0-9_+-]*)*$/.test(name) || /[A-Z]{4}|^[A-Z]{3}\//.test(name))
    return false;
  canonical ??= new Map(Intl.supportedValuesOf("timeZone").map((zone) => [zone.toLowerCase(), zone]));
  const known = canonical.get(name.toLowerCase());
  if (known !== undefined) return known === name;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The time zone at the end of a text, and what is before it. */
function zoneOf(text: string): { readonly rest: string; readonly timezone: string | undefined } {
  const [, rest = "", last = ""] = /^(.*) ([^ ]+)$/.exec(text) ?? [];
  if (last.toLowerCase() === "utc") return { rest, timezone: "UTC" };
  return isZone(last) ? { rest, timezone: last } : { rest: text, timezone: undefined };
}

function read(text: string): Calendar {
  const { rest, timezone } = zoneOf(text);
  const word = words.get(rest.toLowerCase());
  if (word !== undefined) return { ...word, timezone };
  const parts = rest.split(/ +/);
  // A blank may follow weekdays and dates, and is no part.
  const blank = parts.length > 1 && parts.at(-1) === "";
  if (blank) parts.pop();
  const weekdays = /^[a-z]/i.test(parts[0] ?? "") ? weekdaysOf(parts.shift() ?? "") : undefined;
  const [next = ""] = parts;
  const dated = parts.length > 0 && !next.includes(":");
  const date = dated ? dateOf(parts.shift() ?? "") : { ...everyDay, fromMonthEnd: false };
  if (blank && parts.length > 0) refuse("it ends with a blank");
  const time = parts.length > 0 ? timeOf(parts.shift() ?? "") : midnight;
  if (parts.length > 0) refuse(`${JSON.stringify(parts.join(" "))} is too much`);
  return { ...date, ...time, weekdays, timezone };
}

/** Reads a calendar time. @returns the end of a sentence that says why it is none */
export function readCalendar(text: string): Calendar | string {
  try {
    return read(text);
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
}
