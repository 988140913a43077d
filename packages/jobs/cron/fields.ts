/**
 * The five fields of a crontab's line as Debian's cron reads them (entry.c), with all of its oddities: a field is read up
 * to the first character that it does not know and the rest of it is passed over, `22-3` is an empty range, `0/5` is
 * refused.
 */

/** Which times a line names. Whether one is due is for {@link due}. */
export interface Times {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  /** 1 to 31. */
  readonly days: ReadonlySet<number>;
  /** 1 to 12. */
  readonly months: ReadonlySet<number>;
  /** 0 (Sunday) to 6. */
  readonly weekdays: ReadonlySet<number>;
  /** Whether both day fields must fit, because one begins with `*`; else either is enough. */
  readonly bothDays: boolean;
  /** Whether minutes or hours begin with `*`: such a job follows the clock when it is changed; others are caught up. */
  readonly wild: boolean;
}

export type FieldName = "minute" | "hour" | "day-of-month" | "month" | "day-of-week";

interface Field {
  readonly name: FieldName;
  readonly low: number;
  readonly high: number;
  readonly names?: readonly string[];
}

const fields: readonly Field[] = [
  { name: "minute", low: 0, high: 59 },
  { name: "hour", low: 0, high: 23 },
  { name: "day-of-month", low: 1, high: 31 },
  {
    ...{ name: "month", low: 1, high: 12 },
    names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  {
    ...{ name: "day-of-week", low: 0, high: 7 },
    names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun"],
  },
];

/** Of a line that cron refuses: the field that it names in its log. */
export interface Refused {
  readonly bad: FieldName | "time specifier" | "command" | "username";
}

export interface ReadTimes {
  readonly times: Times;
  /** What stands behind the fields, without the blanks before it. */
  readonly rest: string;
  /** The fields as they were written. */
  readonly written: readonly string[];
}

const isBlank = (character: string) => character === " " || character === "\t";

/** A line's text, read character by character; its end reads as the line end. */
class Cursor {
  constructor(
    readonly text: string,
    public at = 0,
  ) {}
  now(): string {
    return this.text[this.at] ?? "\n";
  }
  skip(while_: (character: string) => boolean): void {
    while (this.at < this.text.length && while_(this.now())) this.at++;
  }
}

/** As C's atoi() has it: what does not fit is cut. */
const atoi = (digits: string): number => {
  const most = (1n << 63n) - 1n;
  const value = BigInt(digits);
  return Number(BigInt.asIntN(32, value > most ? most : value));
};

function number(cursor: Cursor, low: number, names: readonly string[] = []): number | undefined {
  const from = cursor.at;
  cursor.skip((character) => /[A-Za-z0-9]/.test(character));
  const word = cursor.text.slice(from, cursor.at);
  if (word === "" || word.length >= 1000) return undefined;
  const named = names.indexOf(word.toLowerCase());
  if (named !== -1) return named + low;
  return /^\d+$/.test(word) ? atoi(word) : undefined;
}

/** One part of a list. @returns whether cron takes it */
function range(cursor: Cursor, { low, high, names }: Field, into: Set<number>): boolean {
  let from: number | undefined = low;
  let to: number | undefined = high;
  if (cursor.now() === "*") cursor.at++;
  else {
    from = number(cursor, low, names);
    if (from === undefined) return false;
    if (cursor.now() !== "-") {
      if (cursor.now() === "/" || from < low || from > high) return false;
      into.add(from);
      return true;
    }
    cursor.at++;
    to = number(cursor, low, names);
  }
  let step: number | undefined = 1;
  if (cursor.now() === "/" && to !== undefined) {
    cursor.at++;
    step = number(cursor, 0);
  }
  if (to === undefined || step === undefined || step <= 0) return false;
  if (from < low || from > high || to < low || to > high) return false;
  for (let one = from; one <= to; one += step) into.add(one);
  return true;
}

function list(cursor: Cursor, field: Field): Set<number> | undefined {
  const found = new Set<number>();
  for (;;) {
    if (!range(cursor, field, found)) return undefined;
    if (cursor.now() !== ",") break;
    cursor.at++;
  }
  cursor.skip((character) => !isBlank(character));
  return found;
}

const all = (low: number, high: number): Set<number> =>
  new Set(Array.from({ length: high - low + 1 }, (_, i) => low + i));

const every = {
  ...{
    minutes: new Set([0]),
    hours: new Set([0]),
    days: all(1, 31),
    months: all(1, 12),
    weekdays: all(0, 6),
  },
  ...{ bothDays: false, wild: false },
} satisfies Times;
const first = new Set([1]);
const yearly = { ...every, days: first, months: first, bothDays: true };

/** What may stand in the fields' place. */
const words: Readonly<Record<string, Times | "reboot">> = {
  reboot: "reboot",
  yearly,
  annually: yearly,
  monthly: { ...every, days: first, bothDays: true },
  weekly: { ...every, weekdays: new Set([0]), bothDays: true },
  daily: every,
  midnight: every,
  hourly: { ...every, hours: all(0, 23), wild: true },
};

/** Reads the times at the beginning of a line. @param line without blanks before it, and without its line end */
export function readTimes(
  line: string,
): ReadTimes | (Omit<ReadTimes, "times"> & { times: "reboot" }) | Refused {
  if (line.startsWith("@")) {
    const word = /^@([^ \t]*)/.exec(line)?.[1] ?? "";
    const times = Object.hasOwn(words, word) ? words[word] : undefined;
    if (times === undefined) return { bad: "time specifier" };
    return { times, rest: line.slice(word.length + 1).replace(/^[ \t]+/, ""), written: [`@${word}`] };
  }
  const cursor = new Cursor(line);
  const written: string[] = [];
  const sets: Set<number>[] = [];
  for (const field of fields) {
    const from = cursor.at;
    const found = list(cursor, field);
    if (found === undefined) return { bad: field.name };
    sets.push(found);
    written.push(line.slice(from, cursor.at));
    cursor.skip(isBlank);
  }
  const [minutes = every.minutes, hours = every.hours, days = every.days, months = every.months] = sets;
  const weekdays = new Set([...(sets[4] ?? [])].map((day) => day % 7));
  const star = (i: number) => written[i]?.startsWith("*") === true;
  return {
    times: { minutes, hours, days, months, weekdays, bothDays: star(2) || star(4), wild: star(0) || star(1) },
    rest: line.slice(cursor.at),
    written,
  };
}

/** Whether a minute of the wall clock is one that a line names. @param minute since the epoch, as if the wall showed UTC */
export function named({ minutes, hours, ...times }: Times, minute: number): boolean {
  const date = new Date(minute * 60_000);
  return minutes.has(date.getUTCMinutes()) && hours.has(date.getUTCHours()) && namesDay(times, date);
}

/** Whether a line names any minute of a day. @param date as if the wall showed UTC */
export function namesDay(
  { days, months, weekdays, bothDays }: Pick<Times, "days" | "months" | "weekdays" | "bothDays">,
  date: Date,
): boolean {
  const day = days.has(date.getUTCDate());
  const weekday = weekdays.has(date.getUTCDay());
  return months.has(date.getUTCMonth() + 1) && (bothDays ? day && weekday : day || weekday);
}
