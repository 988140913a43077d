import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { eachOf, type Store } from "./client";
import { alike, deepDifferences, keysOfBoth, standing, type Part } from "./compare";
import { copyVersion, expecting, setTags, tagsOf } from "./copy";
import { cannotHold } from "./limits";
import { Followed } from "./record";
import { listBucket, type Bucket, type Version } from "./list";

export interface Move {
  readonly source: Store;
  readonly target: Store;
  readonly buckets: readonly string[];
  readonly signal: AbortSignal;
  /** How far it is, for people. */
  readonly progress?: ((bucket: string, done: number, all: number) => void) | undefined;
}

/** What a key has that a move does not touch, and why. */
export interface Apart {
  readonly bucket: string;
  readonly key: string;
  readonly why: string;
}

export interface Copied {
  readonly versions: number;
  readonly bytes: number;
  readonly removed: number;
  readonly apart: readonly Apart[];
}

/** A bucket as both stores have it. @throws where either has none, or they keep versions differently */
export async function listed(
  { source, target, signal }: Move,
  bucket: string,
): Promise<readonly [Bucket, Bucket]> {
  const [from, to] = await Promise.all([
    listBucket(source, bucket, signal),
    listBucket(target, bucket, signal),
  ]);
  if (from === undefined || to === undefined)
    throw new Error(
      `${(from === undefined ? source : target).name} has no bucket ${bucket}: run \`pulumi up\` of storage, which makes it in both.`,
    );
  if (from.versioned !== to.versioned)
    throw new Error(
      `The bucket ${bucket} keeps former versions in ${(from.versioned ? source : target).name} alone: run \`pulumi up\` of storage, which sets it in both.`,
    );
  return [from, to];
}

const apartWhy = {
  history: "the target has versions of it that the source has not, so its history cannot go on there",
  foreign: "the target has it otherwise than the source, and no run of this put it there",
  since: "somebody wrote it in the target after the other engine began to serve",
} as const;

/** What a bucket without versions holds in the target that no move put there. */
function foreign(from: Bucket, to: Bucket, since: number | undefined): string[] {
  return [...to.histories].flatMap(([key, [there]]) => {
    const here = from.histories.get(key)?.[0];
    if (there === undefined || (here !== undefined && alike(here, there))) return [];
    return since === undefined || there.modified > since ? [key] : [];
  });
}

/** Keys of a bucket without versions that are not touched; none as soon as the target is known to follow the source. */
async function untouched(
  bucket: string,
  from: Bucket,
  to: Bucket,
  followed: Followed,
): Promise<readonly Apart[]> {
  const state = followed.of(bucket);
  if (state !== undefined && state.since === undefined) return [];
  const keys = foreign(from, to, state?.since);
  if (keys.length === 0) await followed.begin(bucket);
  const why = state === undefined ? apartWhy.foreign : apartWhy.since;
  return keys.map((key) => ({ bucket, key, why }));
}

/** A source that lost its disk lists little, too: its copy does not follow it there. */
function lostMost(bucket: string, from: Bucket, to: Bucket, { source, target }: Move): void {
  const gone = [...to.histories.keys()].filter((key) => !from.histories.has(key)).length;
  if (gone > 10 && gone > to.histories.size / 2)
    throw new Error(
      `${source.name} no longer lists ${gone} of the ${to.histories.size} objects that ${target.name} has in ${bucket}. Nothing of that was removed from ${target.name}. Look whether ${source.name} has its data; if they were removed on purpose, remove them from ${target.name} by hand, then run this again.`,
    );
}

/**
 * Brings the target to what the source holds, once: what is missing is put, the oldest first. Versions that are there
 * already are found by their order, so it may be stopped anywhere and run again. In a bucket without versions, what was
 * removed from the source is removed from the target, once the target is known to hold nothing else.
 */
export async function copyOnce(move: Move): Promise<Copied> {
  const { source, target, signal } = move;
  const followed = await Followed.read(source, target, signal);
  if (followed.unfinished) await settled(move);
  await followed.run(true);
  const total = { versions: 0, bytes: 0, removed: 0 };
  const apart: Apart[] = [];
  for (const bucket of move.buckets) {
    const [from, to] = await listed(move, bucket);
    const keys = keysOfBoth(from.histories, to.histories);
    const put = async (key: string, version: Version, before: Version | undefined) => {
      const at = { bucket, key, id: version.id };
      const bytes = await copyVersion(source, target, at, version, expecting(before), signal);
      if (bytes === undefined) return false;
      total.versions += 1;
      total.bytes += bytes;
      return true;
    };
    const left = from.versioned ? [] : await untouched(bucket, from, to, followed);
    apart.push(...left);
    const stays = new Set(left.map(({ key }) => key));
    if (!from.versioned && left.length === 0) lostMost(bucket, from, to, move);
    let done = 0;
    await eachOf(keys, signal, async (key) => {
      const here = from.histories.get(key) ?? [];
      const there = to.histories.get(key) ?? [];
      const unfit = here.length === 0 ? undefined : cannotHold[target.engine](key, from);
      if (unfit !== undefined) apart.push({ bucket, key, why: `${target.name} ${unfit}` });
      else if (from.versioned) {
        const found = standing(here, there);
        if (found.kind === "apart") apart.push({ bucket, key, why: apartWhy.history });
        if (found.kind === "behind")
          for (let i = found.there; i < here.length; i += 1) {
            const version = here[i];
            if (version === undefined || !(await put(key, version, here[i - 1]))) break;
          }
      } else if (!stays.has(key)) {
        const [newest] = here;
        const [other] = there;
        if (newest === undefined) {
          await target.client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }), {
            abortSignal: signal,
          });
          total.removed += 1;
        } else if (other === undefined || !alike(newest, other)) await put(key, newest, other);
      }
      done += 1;
      move.progress?.(bucket, done, keys.length);
    });
  }
  await followed.run(false);
  return { ...total, apart };
}

const quietMs = 2000;

/** Until what a run that was killed had on its way has arrived in the target, or is lost. */
async function settled({ target, buckets, signal }: Move): Promise<void> {
  const look = async () => {
    const found = [];
    for (const bucket of buckets)
      found.push([...((await listBucket(target, bucket, signal))?.histories ?? [])]);
    return JSON.stringify(found);
  };
  for (let before = ""; ;) {
    const now = await look();
    if (now === before) return;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, quietMs));
  }
}

export interface Difference {
  readonly bucket: string;
  readonly key: string;
  /** The version in the source and in the target; undefined for the key as a whole. */
  readonly pair: readonly [Version, Version] | undefined;
  readonly what: Part | "missing" | "more" | "other";
}

export interface Verified {
  readonly versions: number;
  readonly differences: readonly Difference[];
}

/** Compares every version in both stores. @param read their contents too, byte for byte */
export async function verify(move: Move, read: boolean): Promise<Verified> {
  const { source, target, signal } = move;
  const differences: Difference[] = [];
  let versions = 0;
  for (const bucket of move.buckets) {
    const [from, to] = await listed(move, bucket);
    const keys = keysOfBoth(from.histories, to.histories);
    let done = 0;
    await eachOf(keys, signal, async (key) => {
      const here = from.histories.get(key) ?? [];
      const there = to.histories.get(key) ?? [];
      const found = standing(here, there);
      if (found.kind !== "same") {
        const what = found.kind === "behind" ? "missing" : here.length < there.length ? "more" : "other";
        differences.push({ bucket, key, pair: undefined, what });
      } else {
        for (const [i, version] of here.entries()) {
          versions += 1;
          const other = there[i];
          if (version.deleted || other === undefined) continue;
          const parts = await deepDifferences(
            [source, { bucket, key, id: version.id }],
            [target, { bucket, key, id: other.id }],
            read,
            signal,
          );
          differences.push(...parts.map((what) => ({ bucket, key, pair: [version, other] as const, what })));
        }
      }
      done += 1;
      move.progress?.(bucket, done, keys.length);
    });
  }
  return { versions, differences };
}

/** Puts right what only {@link verify} sees: tags that were changed in place, metadata of an object without versions. */
export async function mend({ source, target, signal }: Move, { differences }: Verified): Promise<number> {
  let mended = 0;
  await eachOf(differences, signal, async ({ bucket, key, pair, what }) => {
    if (pair === undefined || what === "content") return;
    const [here, there] = pair;
    const at = { bucket, key, id: here.id };
    if (what === "tags")
      await setTags(target, { bucket, key, id: there.id }, await tagsOf(source, at, signal), signal);
    // A version cannot be put again: it would be a further one.
    else if (here.id === undefined) await copyVersion(source, target, at, here, expecting(there), signal);
    else return;
    mended += 1;
  });
  return mended;
}
