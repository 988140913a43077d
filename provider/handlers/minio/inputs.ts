import { z } from "zod";
import { connectionSchema } from "../../../remote/connection-args";

const name = z.string().min(1);

/** The inputs of homelab:minio:Store; see provider/sdk/minio.ts for their meaning. */
export const storeSchema = z.strictObject({
  connection: connectionSchema,
  endpoint: z.url(),
  user: name,
  password: name,
  buckets: z.record(name, z.strictObject({ versioned: z.boolean() })),
  users: z.record(name, z.strictObject({ secretKey: name, policyName: name, policy: name })),
});

export type StoreInputs = z.infer<typeof storeSchema>;
