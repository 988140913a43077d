import * as s3 from "@aws-sdk/client-s3";
import type { S3Access } from "../../packages/s3";

/**
 * What the house and its consumers need of S3, a row each, asked of a real engine. `kept` is a bucket that keeps former
 * versions, `plain` and `others` are not; `writer` may write into the first two, `reader` may read the first, `other` has
 * `others` alone.
 */
export interface Asked {
  readonly root: s3.S3Client;
  readonly writer: s3.S3Client;
  readonly reader: s3.S3Client;
  readonly other: s3.S3Client;
  readonly access: S3Access;
  readonly clientOf: (access: S3Access) => s3.S3Client;
}
export interface Feature {
  readonly title: string;
  readonly shows: (asked: Asked) => Promise<void>;
}

/** An engine lacks a feature. The sentence stands in docs, so it says nothing that changes from run to run. */
export class Lacks extends Error {}
export function must(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Lacks(otherwise);
}
const refusalOf = (error: unknown): string =>
  error instanceof s3.S3ServiceException
    ? /^(Unknown|\d*)$/.test(error.name)
      ? `HTTP ${error.$metadata.httpStatusCode ?? 0}`
      : error.name
    : String(error);
export async function refused(
  asked: Promise<unknown>,
  what: string,
  ...names: readonly string[]
): Promise<void> {
  let name: string;
  try {
    await asked;
  } catch (error) {
    name = refusalOf(error);
    must(names.length === 0 || names.includes(name), `${what} is refused with ${name}`);
    return;
  }
  throw new Lacks(`${what} is allowed`);
}
export const denied = ["AccessDenied", "HTTP 403", "Forbidden"];
export const put = (client: s3.S3Client, Bucket: string, Key: string, Body: string | Buffer, more = {}) =>
  client.send(new s3.PutObjectCommand({ Bucket, Key, Body, ...more }));
export const get = (client: s3.S3Client, Bucket: string, Key: string, more = {}) =>
  client.send(new s3.GetObjectCommand({ Bucket, Key, ...more }));
export const text = async (client: s3.S3Client, Bucket: string, Key: string, more = {}) =>
  (await get(client, Bucket, Key, more)).Body?.transformToString() ?? "";
export async function keysOf(client: s3.S3Client, Bucket: string, Prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of s3.paginateListObjectsV2({ client }, { Bucket, Prefix }))
    keys.push(...(page.Contents ?? []).map(({ Key = "" }) => Key));
  return keys;
}
export const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

export async function inParts(
  client: s3.S3Client,
  Bucket: string,
  Key: string,
  parts: readonly Buffer[],
  more = {},
) {
  const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand({ Bucket, Key, ...more }));
  const Parts: s3.CompletedPart[] = [];
  for (const [i, Body] of parts.entries()) {
    const PartNumber = i + 1;
    const { ETag } = await client.send(new s3.UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
    Parts.push({ PartNumber, ETag });
  }
  return client.send(
    new s3.CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
  );
}
export const mebibyte = 1 << 20;
