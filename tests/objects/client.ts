import { S3Client } from "@aws-sdk/client-s3";
import type { S3Access } from "../../packages/s3";

/** An S3 client that tries once. */
export const clientOf = ({ endpoint, user, secret }: S3Access): S3Client =>
  new S3Client({
    ...{ endpoint, region: "us-east-1", forcePathStyle: true, maxAttempts: 1 },
    credentials: { accessKeyId: user, secretAccessKey: secret },
  });
