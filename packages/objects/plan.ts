import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetObjectLockConfigurationCommand,
} from "@aws-sdk/client-s3";
import { refusedWith, type Store } from "./client";
import { standing } from "./compare";
import { cannotHold } from "./limits";
import type { Bucket } from "./list";
import { listed, type Move } from "./move";

export interface BucketPlan {
  readonly bucket: string;
  readonly versioned: boolean;
  readonly keys: number;
  readonly versions: number;
  readonly markers: number;
  readonly bytes: number;
  /** Keys that are in the target as they are in the source. */
  readonly there: number;
}

export interface Plan {
  readonly buckets: readonly BucketPlan[];
  /** What the target cannot take, or has no equal for. */
  readonly obstacles: readonly string[];
  readonly notes: readonly string[];
}

const named = (keys: readonly string[]) =>
  `${keys
    .slice(0, 3)
    .map((key) => JSON.stringify(key))
    .join(", ")}${keys.length > 3 ? ` and ${keys.length - 3} more` : ""}`;

/** What the target cannot hold of a bucket, a sentence for each kind. */
function obstaclesOf(target: Store, bucket: string, from: Bucket): string[] {
  const found = new Map<string, string[]>();
  for (const key of from.histories.keys()) {
    const why = cannotHold[target.engine](key, from);
    if (why !== undefined) found.set(why, [...(found.get(why) ?? []), key]);
  }
  return [...found].map(([why, keys]) => `${bucket}: ${target.name} ${why}, such as ${named(keys)}.`);
}

/** Settings of a bucket that nobody declares, and that are not moved. */
async function settingsOf({ client, name }: Store, bucket: string, signal: AbortSignal): Promise<string[]> {
  const asked = async (what: string, request: () => Promise<unknown>, ...none: string[]) => {
    try {
      return (await request()) === undefined ? [] : [what];
    } catch (error) {
      if (refusedWith(error, ...none)) return [];
      throw error;
    }
  };
  const at = { Bucket: bucket };
  const options = { abortSignal: signal };
  const found = [
    ...(await asked(
      "rules for lifecycle",
      () => client.send(new GetBucketLifecycleConfigurationCommand(at), options),
      "NoSuchLifecycleConfiguration",
    )),
    ...(await asked(
      "a policy of its own",
      () => client.send(new GetBucketPolicyCommand(at), options),
      "NoSuchBucketPolicy",
    )),
    ...(await asked(
      "a retention by default",
      async () =>
        (await client.send(new GetObjectLockConfigurationCommand(at), options)).ObjectLockConfiguration?.Rule,
      "ObjectLockConfigurationNotFoundError",
    )),
  ];
  return found.map((what) => `${bucket} has ${what} in ${name}, which nobody declares: it is not moved.`);
}
/** What a move would do; nothing is changed. */
export async function planMove(move: Move): Promise<Plan> {
  const buckets: BucketPlan[] = [];
  const obstacles: string[] = [];
  const notes: string[] = [];
  for (const bucket of move.buckets) {
    const [from, to] = await listed(move, bucket);
    const all = [...from.histories.values()].flat();
    buckets.push({
      ...{ bucket, versioned: from.versioned, keys: from.histories.size },
      versions: all.filter(({ deleted }) => !deleted).length,
      markers: all.filter(({ deleted }) => deleted).length,
      bytes: all.reduce((sum, { size }) => sum + size, 0),
      there: [...from.histories].filter(
        ([key, here]) => standing(here, to.histories.get(key) ?? []).kind === "same",
      ).length,
    });
    obstacles.push(...obstaclesOf(move.target, bucket, from));
    notes.push(...(await settingsOf(move.source, bucket, move.signal)));
  }
  notes.push(
    "Each version gets another id and the moment of its copy; their order stays.",
    "Checksums that a client gave to parts of an object are not kept; the tag, made of the MD5 of each part, is.",
  );
  return { buckets, obstacles, notes };
}
