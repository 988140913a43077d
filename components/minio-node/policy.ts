/** What a consumer may do with its buckets. */
export type Access = "read-write" | "read-only";

const readBucket = ["s3:GetBucketLocation", "s3:ListBucket"];
const readObjects = ["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion"];
const writeBucket = ["s3:ListBucketMultipartUploads"];
const writeObjects = [
  "s3:AbortMultipartUpload",
  "s3:DeleteObject",
  "s3:ListMultipartUploadParts",
  "s3:PutObject",
  "s3:PutObjectTagging",
];

/**
 * The policy document of one consumer, as JSON: its own buckets and nothing else.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
export function bucketPolicy(buckets: readonly string[], access: Access): string {
  const write = access === "read-write";
  const arns = [...buckets].sort().map((bucket) => `arn:aws:s3:::${bucket}`);
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: [...readBucket, ...(write ? writeBucket : [])].sort(), Resource: arns },
      {
        Effect: "Allow",
        Action: [...readObjects, ...(write ? writeObjects : [])].sort(),
        Resource: arns.map((arn) => `${arn}/*`),
      },
      // In a versioned bucket a consumer cannot take away what was there before. To MinIO who may delete an object may
      // delete its versions too, unless that is refused by name.
      { Effect: "Deny", Action: ["s3:DeleteObjectVersion"], Resource: arns.map((arn) => `${arn}/*`) },
    ],
  });
}
