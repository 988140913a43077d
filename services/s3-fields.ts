import { z } from "zod";
import { bucketName, flag, listOf, s3User, strict } from "./fields";

/** What is declared in terms of S3: the same for each engine. */

export const bucketsOf = () =>
  z.record(
    bucketName,
    strict({
      versioned: flag.default(false).describe("an overwritten or deleted object can be brought back"),
    }),
  );

export const usersOf = () =>
  z.record(
    s3User,
    strict({
      buckets: listOf(bucketName)
        .min(1, "must name at least one bucket")
        .describe("buckets of `buckets` that the user may use; at least one"),
      access: z
        .enum(["read-write", "read-only"], { error: "must be read-write or read-only" })
        .default("read-write")
        .describe("`read-write` or `read-only`"),
    }),
  );

const choiceIn = (stack: unknown) => {
  const own = (
    stack as { readonly objectStore?: { readonly engine?: string; readonly beside?: string } } | undefined
  )?.objectStore;
  return { engine: own?.engine ?? "minio", beside: own?.beside };
};

/** Whether an engine is the one that serves S3: its endpoint is handed out. */
export const engineServes = (engine: string, stack: unknown): boolean => choiceIn(stack).engine === engine;

/** Whether an engine runs: it serves S3, or stands beside the one that does. */
export const engineRuns = (engine: string, stack: unknown): boolean =>
  engineServes(engine, stack) || choiceIn(stack).beside === engine;
