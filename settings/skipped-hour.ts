import { readCalendar } from "../packages/quadlet";

/**
 * What to say about times of day in the hours in which clocks are put forward, between midnight and four by the zone: on that day
 * such a time may not exist, and systemd waits for the next day on which it does.
 * @param times by their key, each such as `02:30` or `Sun 02:30`, or a moment as systemd's OnCalendar has it.
 */
export function skippedHours(times: Readonly<Record<string, string>>): string[] {
  return Object.entries(times)
    .filter(([, time]) => isSkipped(time))
    .map(
      ([key, time]) =>
        `${key} is ${time}: on the day on which clocks go forward that time does not exist in many zones, ` +
        "and nothing runs on that day. Take one from 04:00 on, such as 04:30.",
    );
}

/** In UTC no hour is ever missing; what comes every hour comes in the next one. */
function isSkipped(time: string): boolean {
  const read = readCalendar(time);
  if (typeof read === "string" || read.timezone === "UTC") return false;
  return read.hour?.some(({ from }) => from < 4) ?? false;
}
