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
 * What no consumer may do, whatever else is given to it: change what a bucket keeps, or change accounts, its own too (a
 * consumer could make itself further keys, which outlive a new secret).
 */
const never = {
  bucket: [
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:ForceDeleteBucket",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketPolicy",
    "s3:PutBucketVersioning",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
  ],
  objects: [
    "s3:BypassGovernanceRetention",
    // To MinIO who may delete an object may delete its versions too, unless that is refused by name.
    "s3:DeleteObjectVersion",
    "s3:ReplicateDelete",
    "s3:ReplicateObject",
  ],
};

/** What MinIO writes for the `/` at the end of a name, and takes for it. */
const folderOnDisk = "__XLDIR__";

export interface Consumer {
  readonly buckets: readonly string[];
  readonly access: Access;
}

/**
 * The policy document of one consumer, as JSON: its own buckets and nothing else, and nothing by which a former version
 * is lost. MinIO lets who may put an object replace a former version in place: by `?versionId=` on a PUT, a copy or an
 * upload in parts, and by an archive that it unpacks (`x-amz-meta-snowball-auto-extract`), whose entries name versions.
 * The first is seen by a condition; the second by the name under which MinIO asks for the right to unpack, which ends in
 * `/`. Objects with such a name have no versions either, so a versioned bucket takes none of them.
 * @param versioned names of the buckets that keep former versions.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
export function bucketPolicy({ buckets, access }: Consumer, versioned: readonly string[]): string {
  const write = access === "read-write";
  const arns = [...buckets].sort().map((bucket) => `arn:aws:s3:::${bucket}`);
  const objects = arns.map((arn) => `${arn}/*`);
  const folders = [...buckets]
    .filter((bucket) => versioned.includes(bucket))
    .sort()
    .flatMap((bucket) => ["/", "/*/", `/*${folderOnDisk}`].map((names) => `arn:aws:s3:::${bucket}${names}`));
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: [...readBucket, ...(write ? writeBucket : [])].sort(), Resource: arns },
      { Effect: "Allow", Action: [...readObjects, ...(write ? writeObjects : [])].sort(), Resource: objects },
      { Effect: "Deny", Action: never.bucket, Resource: arns },
      { Effect: "Deny", Action: never.objects, Resource: objects },
      {
        Effect: "Deny",
        Action: ["s3:PutObject"],
        Resource: objects,
        Condition: { StringLike: { "s3:versionid": ["?*"] } },
      },
      ...(folders.length === 0
        ? []
        : [{ Effect: "Deny", Action: ["s3:DeleteObject", "s3:PutObject"], Resource: folders }]),
      { Effect: "Deny", Action: ["admin:*"] },
    ],
  });
}
