import { describe, expect, it } from "vitest";
import { longestGap } from "./longest-gap";

const cron = (fields: string, timezone = "UTC", dayOr = true) => ({ cron: fields, timezone, dayOr });
const [hour, day] = [3600, 86_400];

describe("the longest time between two beginnings", () => {
  it.each([
    ["an hourly job", cron("5 * * * *"), hour],
    ["a nightly one in UTC", cron("0 2 * * *"), day],
    ["a nightly one where an hour comes twice", cron("0 4 * * *", "Europe/Berlin"), 25 * hour],
    ["each minute of office hours", cron("* 9-17 * * 1-5"), 2 * day + 15 * hour + 60],
    ["the first of a month", cron("0 0 1 * *"), 31 * day],
    ["each year", cron("0 0 1 7 *"), 365 * day],
    ["29 February, which the three years have once", cron("0 0 29 2 *"), (366 + 365 + 365) * day],
    ["both day fields", cron("0 0 */2 * 1", "UTC", false), 21 * day],
    ["every so many seconds", { every: 5400 }, 5400],
  ])("of %s", (_, schedule, seconds) => {
    expect(longestGap(schedule)).toBe(seconds);
  });
});
