import { z } from "zod";

/**
 * Qdrant as a derived copy for search. Off: PostgreSQL alone is the default stage, see docs/search.md.
 * @see https://qdrant.tech/documentation/
 */
export const qdrantSchema = z.strictObject({
  enabled: z.boolean({ error: "must be true or false" }).default(false),
  /** Qdrant's official image, an exact tag. */
  image: z
    .string()
    .regex(/^[\w./-]+:[\w.-]+(@sha256:[0-9a-f]{64})?$/, "must be an image with an exact tag")
    .default("docker.io/qdrant/qdrant:v1.18.2"),
  /** TCP port of the REST API on the node's own address. */
  port: z
    .int("must be a whole number")
    .min(1, "must be 1 to 65535")
    .max(65535, "must be 1 to 65535")
    .default(6333),
  /** Memory that is asked for: vectors and index are held in it, about 2 KB for each document of 384 dimensions. */
  memory: z
    .string()
    .regex(/^[1-9]\d*(Mi|Gi)$/, "must be a whole number with Mi or Gi, such as 2Gi")
    .default("2Gi"),
  /** Disk that the copy may take; a pod that takes more is made anew, empty. */
  disk: z
    .string()
    .regex(/^[1-9]\d*(Mi|Gi)$/, "must be a whole number with Mi or Gi, such as 10Gi")
    .default("10Gi"),
});

export type QdrantSettings = z.output<typeof qdrantSchema>;
