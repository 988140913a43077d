import { z } from "zod";

/**
 * A moment that comes again and again, as systemd writes it: `07:30`, `Mon..Fri 23:00`, `*-*-01 04:00`. Known here are
 * weekdays, date, time and time zone; the node's systemd has the last word.
 * @see systemd.time(7) "Calendar events"
 */
const words = /^(minutely|hourly|daily|weekly|monthly|quarterly|semiannually|yearly|annually)$/i;
const weekdays = "(mon|tue|wed|thu|fri|sat|sun)(day|sday|nesday|rsday|urday)?";
const onDays = new RegExp(`^${weekdays}((\\.\\.|,|-)${weekdays})*$`, "i");
const zone = /^(UTC|[A-Z][A-Za-z_]+(\/[A-Z][A-Za-z_+-]+)+)$/;

/** One part of a date or a time: `*`, a number, a range, steps, or a list of these. */
function fits(text: string, least: number, most: number): boolean {
  return text.split(",").every((one) => {
    const found = /^(\*|(\d+)(?:\.\.(\d+))?)(?:\/(\d+))?$/.exec(one);
    if (found === null) return false;
    const [, , from, to, step] = found;
    const numbers = [from, to].filter((each) => each !== undefined).map(Number);
    return (
      numbers.every((each) => each >= least && each <= most) &&
      (from === undefined || to === undefined || Number(from) <= Number(to)) &&
      (step === undefined || Number(step) > 0)
    );
  });
}

function isDate(text: string): boolean {
  const parts = text.split("-");
  const limits = [
    [1970, 2199],
    [1, 12],
    [1, 31],
  ].slice(-parts.length);
  return parts.length >= 2 && parts.length <= 3 && allFit(parts, limits);
}

function isTime(text: string): boolean {
  const parts = text.split(":");
  const limits = [
    [0, 23],
    [0, 59],
    [0, 59],
  ];
  return parts.length >= 2 && parts.length <= 3 && allFit(parts, limits);
}

const allFit = (parts: readonly string[], limits: readonly (readonly number[])[]): boolean =>
  parts.every((part, i) => fits(part, limits[i]?.[0] ?? 0, limits[i]?.[1] ?? 0));

export function isCalendar(text: string): boolean {
  const parts = text.split(" ");
  if (parts.length > 1 && zone.test(parts.at(-1) ?? "")) parts.pop();
  if (parts.length === 1 && words.test(parts[0] ?? "")) return true;
  if (parts.length > 1 && onDays.test(parts[0] ?? "")) parts.shift();
  if (parts.length > 1 && isDate(parts[0] ?? "")) parts.shift();
  return parts.length === 1 && isTime(parts[0] ?? "");
}

export const calendar = z
  .string({ error: "must be a time as systemd's OnCalendar has it" })
  .refine(
    isCalendar,
    "must be a time as systemd's OnCalendar has it, such as 07:30, Mon..Fri 23:00 or *-*-01 04:00",
  );
