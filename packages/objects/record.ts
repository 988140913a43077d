import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { z } from "zod";
import { refusedWith, type Store } from "./client";

/** The bucket in which the target notes what it is the target of. It is nobody's but this program's. */
const bucket = "homelab-migration";
const key = "follows.json";

/** Of one bucket that keeps no former versions: what it has alone was removed from the source, or never was there. */
const entrySchema = z.strictObject({
  /** When both held the same, and the other one began to serve. What was written here later is nobody's of a move. */
  since: z.iso.datetime().optional(),
});
const recordSchema = z.strictObject({
  source: z.string(),
  /** Since a run began, until it ends. */
  running: z.boolean(),
  buckets: z.record(z.string(), entrySchema),
});
type Record = z.output<typeof recordSchema>;

/** What a target has been found to hold: by it a removed object is told from one that somebody else put there. */
export class Followed {
  private constructor(
    private readonly target: Store,
    private record: Record,
    private readonly signal: AbortSignal,
  ) {}

  static async read(source: Store, target: Store, signal: AbortSignal): Promise<Followed> {
    const none: Record = { source: source.name, running: false, buckets: {} };
    try {
      const found = await target.client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), {
        abortSignal: signal,
      });
      const record = recordSchema.parse(JSON.parse((await found.Body?.transformToString()) ?? ""));
      return new Followed(target, record.source === source.name ? record : none, signal);
    } catch (error) {
      if (!refusedWith(error, "NoSuchKey", "NoSuchBucket", "NotFound")) throw error;
      return new Followed(target, none, signal);
    }
  }

  /** @returns undefined where it is not known yet whose the target's objects are */
  of(name: string): { readonly since: number | undefined } | undefined {
    const entry = this.record.buckets[name];
    if (entry === undefined) return undefined;
    return { since: entry.since === undefined ? undefined : Date.parse(entry.since) };
  }

  /** Whether the last run did not end. */
  get unfinished(): boolean {
    return this.record.running;
  }

  async run(running: boolean): Promise<void> {
    await this.write({ ...this.record, running });
  }

  /** From now on, what a bucket has in the target alone was removed from the source. */
  async begin(name: string): Promise<void> {
    await this.write({ ...this.record, buckets: { ...this.record.buckets, [name]: {} } });
  }

  /** Both hold the same, and the other one is about to serve. */
  async rest(names: readonly string[], since: Date): Promise<void> {
    const entry = { since: since.toISOString() };
    await this.write({ ...this.record, buckets: Object.fromEntries(names.map((name) => [name, entry])) });
  }

  private async write(record: Record): Promise<void> {
    const { client } = this.target;
    const abortSignal = this.signal;
    try {
      await client.send(new CreateBucketCommand({ Bucket: bucket }), { abortSignal });
    } catch (error) {
      if (!refusedWith(error, "BucketAlreadyOwnedByYou", "BucketAlreadyExists")) throw error;
    }
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: JSON.stringify(record) }), {
      abortSignal,
    });
    this.record = record;
  }
}
