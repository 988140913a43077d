import { z } from "zod";
import { hostPort, seaweedPlaceSchema } from "../../../remote/seaweedfs";
import { s3Server } from "../s3-server";

const name = z.string().min(1);
/** In a command of `weed shell`, so without a blank. */
const word = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "must be a bucket name");

/** The inputs of homelab:seaweedfs:Contents. */
export const contentsSchema = z.strictObject({
  ...s3Server,
  /** Where it is on its node, for what is not asked through S3. */
  place: seaweedPlaceSchema,
  /** How often each object is kept. */
  copies: z.strictObject({
    /** As SeaweedFS writes it: `000` once, `010` twice, on two nodes. */
    replication: z.enum(["000", "010"]),
    /** Who keeps the second copy. @default nobody */
    other: z
      .strictObject({
        /** Its name. */
        node: name,
        /** `host:port` of its filer. */
        filer: hostPort,
      })
      .optional(),
  }),
  /** By name: made when they are not there, and never deleted. */
  buckets: z.record(
    word,
    z.strictObject({
      /** Keeps former versions. */
      versioned: z.boolean(),
    }),
  ),
  /** By access key: they and their policies are in the file that the server starts with, and here it is seen that they are. */
  users: z.record(
    name,
    z.strictObject({
      /** A secret. */
      secretKey: name,
      /** Buckets that it may use. */
      buckets: z.array(word),
    }),
  ),
});

export type ContentsInputs = z.infer<typeof contentsSchema>;
