import {
  GetBucketVersioningCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { refusal, s3Request } from "../s3";
import { refusedWith, type Store, type StoreAccess } from "./client";

/** One version of an object, or a delete marker. */
export interface Version {
  /** Undefined in a bucket that keeps no former versions. */
  readonly id: string | undefined;
  readonly deleted: boolean;
  readonly size: number;
  /** MD5 of the content, or of the MD5s of its parts with their number; nothing of a marker. */
  readonly tag: string;
  readonly modified: number;
}

/** What a bucket holds: the versions of each key, the oldest first. */
export type Histories = ReadonlyMap<string, readonly Version[]>;

export interface Bucket {
  readonly versioned: boolean;
  readonly histories: Histories;
}

/** A key in URL form, for which both are asked since XML cannot hold each of them. A space may be a `+` there. */
const decoded = (encoded: string | undefined): string =>
  decodeURIComponent((encoded ?? "").replaceAll("+", "%20"));

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
/** A key as XML has it. */
const unescaped = (text: string | undefined): string =>
  (text ?? "").replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi,
    (whole, hex?: string, number?: string, name = "") =>
      hex !== undefined || number !== undefined
        ? String.fromCodePoint(hex === undefined ? Number(number) : Number.parseInt(hex, 16))
        : (entities[String(name)] ?? whole),
  );

/** A tag without its quotes. */
export const plainTag = (tag: string | undefined): string => (tag ?? "").replace(/"|&quot;|&#34;/g, "");

/** @returns undefined where there is no such bucket */
export async function listBucket(
  { client, access }: Store,
  bucket: string,
  signal: AbortSignal,
): Promise<Bucket | undefined> {
  let versioned: boolean;
  try {
    const state = await client.send(new GetBucketVersioningCommand({ Bucket: bucket }), {
      abortSignal: signal,
    });
    versioned = state.Status !== undefined;
  } catch (error) {
    if (refusedWith(error, "NoSuchBucket", "NotFound")) return undefined;
    throw error;
  }
  const histories = versioned
    ? await listVersions(access, bucket, signal)
    : await listObjects(client, bucket, signal);
  return { versioned, histories };
}

async function listObjects(client: S3Client, bucket: string, signal: AbortSignal): Promise<Histories> {
  const found = new Map<string, readonly Version[]>();
  let page: ListObjectsV2CommandOutput | undefined;
  do {
    page = await client.send(
      new ListObjectsV2Command({
        ...{ Bucket: bucket, EncodingType: "url", ContinuationToken: page?.NextContinuationToken },
      }),
      { abortSignal: signal },
    );
    for (const { Key, Size, ETag, LastModified } of page.Contents ?? []) {
      const modified = LastModified?.getTime() ?? 0;
      const only = { id: undefined, deleted: false, size: Size ?? 0, tag: plainTag(ETag), modified };
      found.set(page.EncodingType === "url" ? decoded(Key) : (Key ?? ""), [only]);
    }
  } while (page.IsTruncated === true);
  return found;
}

const field = (text: string, name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];

/**
 * The answer is read as text: only its order says which of two versions of one moment is the newer, and the client's own
 * reading gives markers and others apart.
 */
async function listVersions(access: StoreAccess, bucket: string, signal: AbortSignal): Promise<Histories> {
  const found = new Map<string, Version[]>();
  let from: Readonly<Record<string, string>> | undefined = {};
  while (from !== undefined) {
    const query = { versions: "", "encoding-type": "url", "max-keys": "1000", ...from };
    const answer = await s3Request(access, { method: "GET", path: `/${bucket}`, query }, signal);
    const refused = refusal(answer);
    if (refused !== "") throw new Error(`The versions in ${bucket} cannot be listed: ${refused}.`);
    // SeaweedFS gives the versions' keys in plain XML, whatever is asked for.
    const keyOf = field(answer.body, "EncodingType") === "url" ? decoded : unescaped;
    for (const [, kind, text = ""] of answer.body.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/gs)) {
      const key = keyOf(field(text, "Key"));
      const version: Version = {
        ...{ id: field(text, "VersionId"), deleted: kind === "DeleteMarker" },
        ...{ size: Number(field(text, "Size") ?? 0), tag: plainTag(field(text, "ETag")) },
        modified: Date.parse(field(text, "LastModified") ?? ""),
      };
      // Each comes before what is older.
      const older = found.get(key);
      if (older === undefined) found.set(key, [version]);
      else older.unshift(version);
    }
    const key = field(answer.body, "NextKeyMarker");
    const id = field(answer.body, "NextVersionIdMarker") ?? "";
    from =
      field(answer.body, "IsTruncated") === "true" && key !== undefined
        ? { "key-marker": keyOf(key), ...(id === "" ? {} : { "version-id-marker": id }) }
        : undefined;
  }
  return found;
}
