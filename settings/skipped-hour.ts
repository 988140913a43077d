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

/** In UTC no hour is ever missing; what comes every hour comes in the next one. `daily` and its like are midnight. */
function isSkipped(time: string): boolean {
  if (time.endsWith(" UTC")) return false;
  if (/^(daily|weekly|monthly|quarterly|semiannually|yearly|annually)$/i.test(time)) return true;
  const [, hours] = /(?:^| )([^ :]+):[^ ]*(?: [^ ]*)?$/.exec(time) ?? [];
  if (hours === undefined || hours.startsWith("*")) return false;
  return hours.split(",").some((part) => Number(/^\d+/.exec(part)?.[0] ?? 24) < 4);
}
