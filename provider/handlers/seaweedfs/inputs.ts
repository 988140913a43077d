import { z } from "zod";
import { connectionSchema } from "../../../remote/connection-args";

const name = z.string().min(1);
/** In a command of `weed shell`, so without a blank. */
const word = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "must be a bucket name");
const hostPort = z.string().regex(/^[^\s:]+:\d+$/, "must be host:port");

/** The inputs of homelab:seaweedfs:Contents; see provider/sdk/seaweedfs.ts for their meaning. */
export const contentsSchema = z.strictObject({
  connection: connectionSchema,
  endpoint: z.url(),
  place: z.strictObject({ container: name, service: name, master: hostPort, filer: hostPort }),
  user: name,
  password: name,
  buckets: z.record(word, z.strictObject({ versioned: z.boolean() })),
  users: z.record(name, z.strictObject({ secretKey: name, buckets: z.array(word) })),
});

export type ContentsInputs = z.infer<typeof contentsSchema>;
