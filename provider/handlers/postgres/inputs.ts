import { z } from "zod";

/** A list in which order and repetition mean nothing. */
export const setOf = <T extends string>(item: z.ZodType<T, T>) =>
  z.array(item).transform((items) => [...new Set(items)].sort());
