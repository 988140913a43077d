import { createHash } from "node:crypto";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import type { Store } from "./client";
import { checksumsOf, headOf, metadataOf, tagsOf, type Place } from "./copy";
import type { Histories, Version } from "./list";

/** Whether two versions hold the same, as far as a list says. */
export const alike = (a: Version, b: Version): boolean =>
  a.deleted === b.deleted && (a.deleted || (a.size === b.size && a.tag === b.tag));

/** How what a store holds of one key stands to what the other holds of it. */
export type Standing =
  | { readonly kind: "same" }
  /** The target has the first `there` of them. */
  | { readonly kind: "behind"; readonly there: number }
  /** The target has something that the source has not. */
  | { readonly kind: "apart" };

export function standing(source: readonly Version[], target: readonly Version[]): Standing {
  const same = target.every((version, i) => {
    const other = source[i];
    return other !== undefined && alike(other, version);
  });
  if (!same) return { kind: "apart" };
  return source.length === target.length ? { kind: "same" } : { kind: "behind", there: target.length };
}

export const keysOfBoth = (source: Histories, target: Histories): string[] => [
  ...new Set([...source.keys(), ...target.keys()]),
];

async function contentOf(
  store: Store,
  { bucket, key, id }: Place,
  abortSignal: AbortSignal,
): Promise<string> {
  const found = await store.client.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: id }), {
    abortSignal,
  });
  const hash = createHash("sha256");
  for await (const chunk of found.Body as AsyncIterable<Uint8Array>) hash.update(chunk);
  return hash.digest("hex");
}

/** As text, whatever the order; an absent value is as an empty one. */
const text = (value: object): string =>
  JSON.stringify(
    Object.entries(value)
      .filter(([, one]) => one !== undefined && one !== "")
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

export type Part = "metadata" | "checksum" | "tags" | "content";

/**
 * What differs between two versions that lists show as alike.
 * @param read reads both whole, and compares what they hold
 */
export async function deepDifferences(
  source: readonly [Store, Place],
  target: readonly [Store, Place],
  read: boolean,
  signal: AbortSignal,
): Promise<Part[]> {
  const [here, there, tagsHere, tagsThere] = await Promise.all([
    headOf(...source, signal),
    headOf(...target, signal),
    tagsOf(...source, signal),
    tagsOf(...target, signal),
  ]);
  const found: Part[] = [];
  const plain = (head: Parameters<typeof metadataOf>[0]) => {
    const { Metadata = {}, ...others } = metadataOf(head);
    return text({ ...others, Metadata: text(Metadata) });
  };
  if (plain(here) !== plain(there)) found.push("metadata");
  if (text(checksumsOf(here)) !== text(checksumsOf(there))) found.push("checksum");
  if (JSON.stringify(tagsHere) !== JSON.stringify(tagsThere)) found.push("tags");
  if (read && (await contentOf(...source, signal)) !== (await contentOf(...target, signal)))
    found.push("content");
  return found;
}
