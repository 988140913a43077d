import { z } from "zod";
import { connectionSchema } from "../../../remote/connection-args";

const name = z.string().min(1);
/** In a list of names, so without a blank. */
const word = z.string().regex(/^[^\s/]+$/, "must be a name without blanks and slashes");

/** The inputs of homelab:minio:Contents; see provider/sdk/minio.ts for their meaning. */
export const contentsSchema = z.strictObject({
  connection: connectionSchema,
  endpoint: z.url(),
  user: name,
  password: name,
  buckets: z.record(name, z.strictObject({ versioned: z.boolean() })),
  users: z.record(name, z.strictObject({ secretKey: name, policyName: name, policy: name })),
});

export type ContentsInputs = z.infer<typeof contentsSchema>;

/**
 * The inputs of homelab:minio:Store. A state from before there were marks holds more, and no directory: what it names is this
 * program's.
 */
export const storeSchema = z.object({
  connection: connectionSchema,
  endpoint: z.url(),
  dataDirectory: z.string().startsWith("/").optional(),
  buckets: z.record(word, z.object({ versioned: z.boolean() })),
  users: z.record(word, z.object({ policyName: word })),
  adopt: z.array(word).default([]),
});

export type StoreInputs = z.infer<typeof storeSchema>;
