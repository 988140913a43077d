import { describe, expect, it } from "vitest";
import { cronOf } from ".";

describe("a calendar time as cron has it", () => {
  it.each([
    ["03:30", "30 3 * * *", undefined],
    ["Mon..Fri 20:00", "0 20 * * 1,2,3,4,5", undefined],
    ["Sun 04:15 Europe/Berlin", "15 4 * * 0", "Europe/Berlin"],
    ["*-*-01 04:00 UTC", "0 4 1 * *", "UTC"],
    ["*:0/15", "0-59/15 * * * *", undefined],
    ["hourly", "0 * * * *", undefined],
  ])("%s is %s", (text, fields, timezone) => {
    expect(cronOf(text)).toEqual({ fields, timezone, bothDays: false });
  });

  it("says where both days must fit, of which cron takes either", () => {
    expect(cronOf("Mon *-*-1..7 04:00")).toMatchObject({ fields: "0 4 1-7 * 1", bothDays: true });
  });

  it.each([
    ["*-*~1 04:00", /month's end/],
    ["2027-*-* 04:00", /names a year/],
    ["*:*:30", /names seconds/],
    ["at noon", /not understood/],
  ])("%s is none, and it is said why", (text, why) => {
    expect(cronOf(text)).toMatch(why);
  });
});
