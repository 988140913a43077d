import { text } from "node:stream/consumers";
import { copyOnce, storeAt } from "../../packages/objects";
import type { S3Access } from "../../packages/s3";

/** A process of its own that copies, for a test that ends it at once. Input: JSON; output: a line for each key that is done. */
export interface CopierInput {
  readonly source: S3Access;
  readonly target: S3Access;
  readonly buckets: readonly string[];
}

void text(process.stdin).then(async (given) => {
  const { source, target, buckets } = JSON.parse(given) as CopierInput;
  await copyOnce({
    ...{ source: storeAt("minio", source), target: storeAt("seaweedfs", target), buckets },
    signal: new AbortController().signal,
    progress: () => {
      process.stdout.write("done\n");
    },
  });
});
