import { z } from "zod";

/** Forms of names and values that more than one part of the configuration uses. */

/** An object in which a misspelt key is refused with the keys that may stand there. */
export function strict<S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `is not a known key; known here: ${Object.keys(shape).join(", ")}`
        : undefined,
  });
}

/** Names in SQL that need no quoting anywhere. PostgreSQL keeps `pg_…` for itself. */
export const identifier = z
  .string()
  .regex(
    /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/,
    "must be an identifier: a small letter or _, then small letters, digits or _, 63 at most, not beginning with pg_",
  );

/**
 * Bucket names without dots, which break virtual-host addressing over TLS.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export const bucketName = z
  .string()
  .regex(
    /^(?!xn--)(?!.*-s3alias$)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
    "must be a bucket name: 3 to 63 small letters, digits or -, beginning and ending with a letter or digit",
  );

/** MinIO takes 3 to 20 characters for an access key. */
export const s3User = z
  .string()
  .regex(
    /^[a-z][a-z0-9_-]{2,19}$/,
    "must be a user name: a small letter, then small letters, digits, _ or -, 3 to 20 in all",
  );

/** A whole image reference: a tag that moves under one's feet is no pin. */
export const image = z
  .string()
  .regex(
    /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)+:(?!latest(@|$))[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?$/,
    "must be a whole image reference with an exact tag, such as docker.io/library/postgres:18-trixie (latest is none)",
  );

/** A directory on the node that is not one of the system's own. */
export const dataDirectory = z
  .string()
  .regex(
    /^\/(srv|var\/lib|mnt|data|home)(\/[A-Za-z0-9][A-Za-z0-9._-]*)+$/,
    "must be an absolute directory below /srv, /var/lib, /mnt, /data or /home, such as /srv/homelab/postgres",
  );

export const port = z
  .int("must be a whole number")
  .min(1, "must be 1 to 65535")
  .max(65535, "must be 1 to 65535");

/** A list without the same entry twice. */
export function listOf<T extends z.ZodType<string> | z.ZodType<number>>(element: T) {
  return z
    .array(element)
    .refine((list) => new Set(list).size === list.length, "must not name the same thing twice");
}

/** What is switched on or off. */
export const flag = z.boolean({ error: "must be true or false" });

/** Memory as systemd and podman write it. A pod's is written as Kubernetes has it (./pod-fields.ts). */
export const memory = z.string().regex(/^[1-9]\d*[MG]$/, "must be a size such as 512M or 2G");

/** Name of an environment variable. */
export const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of an environment variable");

/** A text that cannot become another line of a file. */
export const line = z.string().regex(/^[^\r\n\0]*$/, "must be one line");
