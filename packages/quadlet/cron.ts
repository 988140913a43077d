import { readCalendar, type Chain } from "./calendar";

/** A calendar time as cron has it. */
export interface CronTime {
  /** Its five fields. */
  readonly fields: string;
  /** The node's own where it is undefined. */
  readonly timezone: string | undefined;
  /** Whether both day fields must fit, as systemd has it; cron itself takes either. */
  readonly bothDays: boolean;
}

/** A part of a date or time as cron's field. */
const field = (chain: Chain, most: number): string =>
  chain === undefined
    ? "*"
    : chain
        .map(({ from, to, step }) => {
          if (to === undefined && step === undefined) return String(from);
          return `${from}-${to ?? most}${step === undefined ? "" : `/${step}`}`;
        })
        .join(",");

/** Cron's week begins with Sunday, systemd's with Monday. */
const weekdayField = (weekdays: readonly number[] | undefined): string =>
  weekdays === undefined || weekdays.length === 7
    ? "*"
    : weekdays
        .map((one) => (one + 1) % 7)
        .sort((a, b) => a - b)
        .join(",");

/**
 * A calendar time as cron's fields.
 * @param scheduler what reads them, for sentences: launchd has the same five
 * @returns a sentence's end that says why it cannot be one
 */
export function cronOf(text: string, scheduler = "cron"): CronTime | string {
  const read = readCalendar(text);
  if (typeof read === "string") return `it is not understood: ${read}`;
  if (read.fromMonthEnd) return `it counts days from a month's end (~), which ${scheduler} cannot`;
  if (read.year !== undefined) return `it names a year, which ${scheduler} cannot`;
  if (
    read.second?.every(({ from, to, step }) => from === 0 && to === undefined && step === undefined) !== true
  )
    return `it names seconds, which ${scheduler} cannot`;
  const [day, weekday] = [field(read.day, 31), weekdayField(read.weekdays)];
  return {
    fields: [field(read.minute, 59), field(read.hour, 23), day, field(read.month, 12), weekday].join(" "),
    timezone: read.timezone,
    bothDays: day !== "*" && weekday !== "*",
  };
}
