import { z } from "zod";
import { connectionSchema } from "../../remote/connection-args";

const name = z.string().min(1);

/** The inputs by which what is in a store of objects is asked for and changed. */
export const s3Server = {
  /** Of the node that it runs on: whether that is on tells a store that does not answer from a node that is off. */
  connection: connectionSchema,
  /** URL of the S3 API, as reached from where Pulumi runs. */
  endpoint: z.url(),
  /** Who may do everything: MinIO's root user, SeaweedFS' identity for that. */
  user: name,
  /** Secret key of that user: a secret. */
  password: name,
};
