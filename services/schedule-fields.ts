import { z } from "zod";
import { calendar } from "./calendar";
import { listOf, strict } from "./fields";

/** When something runs that ends by itself. */
export const schedule = strict({
  at: z
    .union([calendar, listOf(calendar).min(1, "must name at least one time")])
    .transform((at) => [at].flat())
    .describe(
      "when a run begins, as systemd's OnCalendar has it, or a list; one missed while the node was off begins when it is on again, once",
    ),
  limitSeconds: z
    .int()
    .min(1)
    .max(604_800)
    .default(3600)
    .describe("how long a run may take until it is ended, seconds"),
});
