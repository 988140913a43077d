import { createHash, type Hash } from "node:crypto";
import { Transform, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  UploadPartCommand,
  type CompletedPart,
  type HeadObjectCommandOutput,
  type Tag,
} from "@aws-sdk/client-s3";
import { refusedWith, type Store } from "./client";
import { plainTag, type Version } from "./list";

/** A version of an object in a store. */
export interface Place {
  readonly bucket: string;
  readonly key: string;
  readonly id: string | undefined;
}

const asked = ({ bucket, key, id }: Place) => ({ Bucket: bucket, Key: key, VersionId: id });

/** What an object has beside its content, as it is put again. */
export const metadataOf = (head: HeadObjectCommandOutput) => ({
  CacheControl: head.CacheControl,
  ContentDisposition: head.ContentDisposition,
  ContentEncoding: head.ContentEncoding,
  ContentLanguage: head.ContentLanguage,
  ContentType: head.ContentType,
  Expires: head.ExpiresString === undefined ? undefined : new Date(head.ExpiresString),
  Metadata: head.Metadata,
});

export const headOf = (store: Store, at: Place, abortSignal: AbortSignal): Promise<HeadObjectCommandOutput> =>
  store.client.send(new HeadObjectCommand({ ...asked(at), ChecksumMode: "ENABLED" }), { abortSignal });

export async function tagsOf(store: Store, at: Place, abortSignal: AbortSignal): Promise<readonly Tag[]> {
  const { TagSet = [] } = await store.client.send(new GetObjectTaggingCommand(asked(at)), { abortSignal });
  return [...TagSet].sort((a, b) => ((a.Key ?? "") < (b.Key ?? "") ? -1 : 1));
}

export async function setTags(
  store: Store,
  at: Place,
  TagSet: readonly Tag[],
  abortSignal: AbortSignal,
): Promise<void> {
  await store.client.send(new PutObjectTaggingCommand({ ...asked(at), Tagging: { TagSet: [...TagSet] } }), {
    abortSignal,
  });
}

/** What must be in the target, or it is not touched: another run's request may still be on its way. */
export interface Expected {
  readonly IfMatch?: string;
  readonly IfNoneMatch?: "*";
}
export const expecting = (newest: Version | undefined): Expected =>
  newest === undefined || newest.deleted ? { IfNoneMatch: "*" } : { IfMatch: `"${newest.tag}"` };

const partsIn = (tag: string): number => Number(/-(\d+)$/.exec(tag)?.[1] ?? 0);

/** Below this an object is read into memory, and its MD5 goes with it. */
const small = 1 << 20;

/**
 * Puts one version of an object into the other store, with its metadata and tags, and in the same parts, so that its tag is
 * the same too. In a bucket that keeps versions it becomes the newest one there.
 * @returns bytes; undefined where it is not in the source any more, or the target is not as expected
 */
export async function copyVersion(
  source: Store,
  target: Store,
  at: Place,
  version: Version,
  expected: Expected,
  abortSignal: AbortSignal,
): Promise<number | undefined> {
  const { bucket, key } = at;
  if (version.deleted) {
    await target.client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }), { abortSignal });
    return 0;
  }
  try {
    const tags = await tagsOf(source, at, abortSignal);
    const tagging = tags.map(
      ({ Key = "", Value = "" }) => `${encodeURIComponent(Key)}=${encodeURIComponent(Value)}`,
    );
    const more = tags.length === 0 ? expected : { ...expected, Tagging: tagging.join("&") };
    const parts = partsIn(version.tag);
    return parts === 0
      ? await copyWhole(source, target, at, more, abortSignal)
      : await copyParts(source, target, at, parts, more, abortSignal);
  } catch (error) {
    if (refusedWith(error, "NoSuchKey", "NoSuchVersion", "NotFound", "PreconditionFailed")) return undefined;
    throw error;
  }
}

/** What goes with a request to put: tags, as a header has them, and what must be there before. */
interface Tagged extends Expected {
  readonly Tagging?: string;
}

/** The checksum that its client gave the whole of an object, if any. */
export const checksumsOf = (head: HeadObjectCommandOutput) =>
  head.ChecksumType === "COMPOSITE"
    ? {}
    : {
        ChecksumCRC32: head.ChecksumCRC32,
        ChecksumCRC32C: head.ChecksumCRC32C,
        ChecksumSHA1: head.ChecksumSHA1,
        ChecksumSHA256: head.ChecksumSHA256,
      };

const different = ({ bucket, key }: Place, target: Store) =>
  new Error(`${bucket}/${key} arrived at ${target.name} otherwise than it was sent: run this again.`);

/** Passes on what it is given; a listener would begin to read before the request is there to take it. */
const hashing = (hash: Hash) =>
  new Transform({
    transform(chunk: Buffer, _encoding, passed) {
      hash.update(chunk);
      passed(null, chunk);
    },
  });

async function copyWhole(
  source: Store,
  target: Store,
  at: Place,
  more: Tagged,
  abortSignal: AbortSignal,
): Promise<number> {
  const found = await source.client.send(new GetObjectCommand({ ...asked(at), ChecksumMode: "ENABLED" }), {
    abortSignal,
  });
  const body = found.Body as Readable;
  const size = found.ContentLength ?? 0;
  const put = { Bucket: at.bucket, Key: at.key, ...metadataOf(found), ...checksumsOf(found), ...more };
  const md5 = createHash("md5");
  if (size <= small) {
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk as Buffer);
    const content = Buffer.concat(chunks);
    const digest = md5.update(content).digest();
    const made = await target.client.send(
      new PutObjectCommand({
        ...put,
        Body: content,
        ContentLength: size,
        ContentMD5: digest.toString("base64"),
      }),
      { abortSignal },
    );
    if (content.length !== size || plainTag(made.ETag) !== digest.toString("hex"))
      throw different(at, target);
    return size;
  }
  // As it is read, so that memory does not grow with it.
  const through = hashing(md5);
  const [made] = await Promise.all([
    target.client.send(new PutObjectCommand({ ...put, Body: through, ContentLength: size }), { abortSignal }),
    pipeline(body, through, { signal: abortSignal }),
  ]);
  if (plainTag(made.ETag) !== md5.digest("hex")) throw different(at, target);
  return size;
}

/** What a stopped run left of this object's parts. */
async function giveUpUploads(target: Store, { bucket, key }: Place, abortSignal: AbortSignal): Promise<void> {
  const { Uploads = [] } = await target.client.send(
    new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key }),
    { abortSignal },
  );
  for (const { Key, UploadId } of Uploads) {
    if (Key === key)
      await target.client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }), {
        abortSignal,
      });
  }
}

async function copyParts(
  source: Store,
  target: Store,
  at: Place,
  count: number,
  { Tagging, ...expected }: Tagged,
  abortSignal: AbortSignal,
): Promise<number> {
  const to = { Bucket: at.bucket, Key: at.key };
  await giveUpUploads(target, at, abortSignal);
  const head = await headOf(source, at, abortSignal);
  const { UploadId } = await target.client.send(
    new CreateMultipartUploadCommand({ ...to, ...metadataOf(head), Tagging }),
    { abortSignal },
  );
  try {
    const parts: CompletedPart[] = [];
    for (let PartNumber = 1; PartNumber <= count; PartNumber += 1) {
      const part = await source.client.send(
        new GetObjectCommand({ ...asked(at), PartNumber, IfMatch: head.ETag }),
        { abortSignal },
      );
      const md5 = createHash("md5");
      const through = hashing(md5);
      const [made] = await Promise.all([
        target.client.send(
          new UploadPartCommand({
            ...to,
            UploadId,
            PartNumber,
            Body: through,
            ContentLength: part.ContentLength,
          }),
          { abortSignal },
        ),
        pipeline(part.Body as Readable, through, { signal: abortSignal }),
      ]);
      if (plainTag(made.ETag) !== md5.digest("hex")) throw different(at, target);
      parts.push({ PartNumber, ETag: made.ETag });
    }
    const made = await target.client.send(
      new CompleteMultipartUploadCommand({ ...to, UploadId, MultipartUpload: { Parts: parts }, ...expected }),
      { abortSignal },
    );
    if (plainTag(made.ETag) !== plainTag(head.ETag)) throw different(at, target);
    return head.ContentLength ?? 0;
  } catch (error) {
    await target.client.send(new AbortMultipartUploadCommand({ ...to, UploadId })).catch(() => undefined);
    throw error;
  }
}
