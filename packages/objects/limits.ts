import type { Engine } from "./client";
import type { Bucket } from "./list";

/** Whether a key stands below another one, as `x/y` does below `x`. */
function belowAnother(key: string, { histories }: Bucket): boolean {
  for (let at = key.indexOf("/"); at > 0; at = key.indexOf("/", at + 1))
    if (at < key.length - 1 && histories.has(key.slice(0, at))) return true;
  return false;
}

const longPart = (key: string) => key.split("/").some((part) => Buffer.byteLength(part) > 255);
const long = "takes no part of a key longer than 255 bytes";
// eslint-disable-next-line no-control-regex -- these are what XML has no form for
const control = /[\u0000-\u0008\v\f\u000e-\u001f]/;

/**
 * What an engine cannot hold of a bucket, as a sentence that goes on from its name; undefined for what it can.
 * docs/components/object-store.md has what was found.
 */
export const cannotHold: Readonly<Record<Engine, (key: string, bucket: Bucket) => string | undefined>> = {
  minio: (key, bucket) => {
    if (longPart(key)) return long;
    if (belowAnother(key, bucket)) return "lists no key below another key";
    const former = (bucket.histories.get(key) ?? []).length > 1;
    return key.endsWith("/") && former ? 'keeps no former versions of a key that ends in "/"' : undefined;
  },
  seaweedfs: (key, { versioned }) => {
    if (longPart(key)) return long;
    if (key.includes("\\")) return "takes a backslash in a key for a slash";
    return versioned && control.test(key) ? "lists no versions of a key with control characters" : undefined;
  },
};
