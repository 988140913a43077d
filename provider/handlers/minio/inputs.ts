import { z } from "zod";
import { connectionSchema } from "../../../remote/connection-args";
import { s3Server } from "../s3-server";

const name = z.string().min(1);
/** In a list of names, so without a blank. */
const word = z.string().regex(/^[^\s/]+$/, "must be a name without blanks and slashes");

/** The inputs of homelab:minio:Contents. */
export const contentsSchema = z.strictObject({
  ...s3Server,
  /** By name. */
  buckets: z.record(
    name,
    z.strictObject({
      /** Keeps former versions, with object lock, without which MinIO wipes them for whoever may delete. */
      versioned: z.boolean(),
    }),
  ),
  /** By access key. */
  users: z.record(
    name,
    z.strictObject({
      /** A secret. */
      secretKey: name,
      /** Name of the one policy that the user has. */
      policyName: name,
      /** That policy's document. */
      policy: name,
    }),
  ),
});

export type ContentsInputs = z.infer<typeof contentsSchema>;

/** The inputs of homelab:minio:Store as a program gives them. */
export const storeArgs = z.object({
  /** Of the node that it runs on. */
  connection: connectionSchema,
  /** URL of the S3 API, as reached from where Pulumi runs. */
  endpoint: z.url(),
  /** Where it keeps its data on the node. */
  dataDirectory: z.string().startsWith("/"),
  /** By name. */
  buckets: z.record(
    word,
    z.object({
      /** Keeps former versions. */
      versioned: z.boolean(),
    }),
  ),
  /** By access key. */
  users: z.record(
    word,
    z.object({
      /** Name of the one policy that the user has. */
      policyName: word,
    }),
  ),
  /** Buckets and users that somebody else made and that are taken over; others are refused. @default none */
  adopt: z.array(word).default([]),
});

/** A state from before there were marks holds more, and no directory: what it names is this program's. */
export const storeSchema = storeArgs.partial({ dataDirectory: true });

export type StoreInputs = z.infer<typeof storeSchema>;
