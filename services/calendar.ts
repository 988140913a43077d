import { z } from "zod";
import { readCalendar } from "../packages/quadlet";

export const isCalendar = (text: string): boolean => typeof readCalendar(text) !== "string";

/** A moment that comes again and again, as systemd writes it: `07:30`, `Mon..Fri 23:00`, `*-*-01 04:00`. */
export const calendar = z
  .string({ error: "must be a time as systemd's OnCalendar has it" })
  .superRefine((text, ctx) => {
    const read = readCalendar(text);
    if (typeof read !== "string") return;
    const message = `must be a time as systemd's OnCalendar has it, such as 07:30, Mon..Fri 23:00 or *-*-01 04:00 (${read})`;
    ctx.addIssue({ code: "custom", message });
  });
