import { createHash, createHmac } from "node:crypto";
import * as s3 from "@aws-sdk/client-s3";
import type { S3Access } from "../../../packages/s3";
import { denied, get, inParts, keysOf, mebibyte, must, put, refused, text, type Feature } from "../asking";

/** A URL that needs no further key, for ten minutes. */
function presigned(
  { endpoint, user, secret }: S3Access,
  method: "GET" | "PUT",
  path: string,
  seconds = 600,
): string {
  const moment = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${moment.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const query = new URLSearchParams({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${user}/${scope}`,
    "X-Amz-Date": moment,
    "X-Amz-Expires": String(seconds),
    "X-Amz-SignedHeaders": "host",
  }).toString();
  const canonical = `${method}\n${path}\n${query}\nhost:${new URL(endpoint).host}\n\nhost\nUNSIGNED-PAYLOAD`;
  const hash = createHash("sha256").update(canonical).digest("hex");
  const key = scope
    .split("/")
    .reduce<string | Buffer>(
      (last, word) => createHmac("sha256", last).update(word).digest(),
      `AWS4${secret}`,
    );
  const signature = createHmac("sha256", key)
    .update(`AWS4-HMAC-SHA256\n${moment}\n${scope}\n${hash}`)
    .digest("hex");
  return `${endpoint}${path}?${query}&X-Amz-Signature=${signature}`;
}

/** Who may do what. */
export const ofAccess: readonly Feature[] = [
  {
    title: "signed URLs, to get and to put",
    async shows({ access, root }) {
      const answer = await fetch(presigned(access, "PUT", "/plain/signed"), {
        method: "PUT",
        body: "signed",
      });
      must(answer.ok, "the URL to put is refused");
      must((await text(root, "plain", "signed")) === "signed", "what was put is another");
      const got = await fetch(presigned(access, "GET", "/plain/signed"));
      must((await got.text()) === "signed", "the URL to get is refused");
    },
  },
  {
    title: "nothing without a signature",
    async shows({ access }) {
      for (const path of ["/plain/empty", "/plain?list-type=2", "/", "/kept?versions"])
        must((await fetch(`${access.endpoint}${path}`)).status === 403, `${path} is answered`);
    },
  },
  {
    title: "nothing with a wrong key or secret",
    async shows({ access, clientOf }) {
      const list = (given: Partial<S3Access>) =>
        clientOf({ ...access, ...given }).send(new s3.ListBucketsCommand({}));
      await refused(list({ user: "nobody" }), "an unknown key", "InvalidAccessKeyId");
      await refused(list({ secret: "wrong".repeat(8) }), "a wrong secret", "SignatureDoesNotMatch");
    },
  },
  {
    title: "a writer writes, reads, lists and deletes in its buckets, in parts too",
    async shows({ writer }) {
      await put(writer, "plain", "mine", "1");
      must((await text(writer, "plain", "mine")) === "1", "it reads something else");
      must((await keysOf(writer, "plain", "mine")).length === 1, "it is not listed");
      await writer.send(new s3.DeleteObjectCommand({ Bucket: "plain", Key: "mine" }));
      await inParts(writer, "kept", "mine-big", [Buffer.alloc(5 * mebibyte), Buffer.alloc(9)]);
    },
  },
  {
    title: "a writer gets into no other bucket",
    async shows({ root, writer }) {
      await put(root, "others", "secret", "1");
      await refused(get(writer, "others", "secret"), "reading", ...denied);
      await refused(put(writer, "others", "x", ""), "writing", ...denied);
      await refused(keysOf(writer, "others", ""), "listing", ...denied);
      await refused(writer.send(new s3.CreateBucketCommand({ Bucket: "of-its-own" })), "making one");
    },
  },
  {
    title: "a writer copies nothing out of another bucket",
    shows: ({ writer }) =>
      refused(
        writer.send(
          new s3.CopyObjectCommand({ Bucket: "plain", Key: "stolen", CopySource: "others/secret" }),
        ),
        "it",
        ...denied,
      ),
  },
  {
    title: "a writer changes neither versioning, policy, lifecycle nor lock of its bucket",
    async shows({ writer }) {
      const Bucket = "kept";
      const all: readonly (readonly [string, Promise<unknown>])[] = [
        [
          "versioning",
          writer.send(
            new s3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Suspended" } }),
          ),
        ],
        [
          "the policy",
          writer.send(
            new s3.PutBucketPolicyCommand({
              Bucket,
              Policy: JSON.stringify({
                Version: "2012-10-17",
                Statement: [
                  { Effect: "Allow", Principal: "*", Action: "s3:*", Resource: `arn:aws:s3:::${Bucket}/*` },
                ],
              }),
            }),
          ),
        ],
        [
          "lifecycle",
          writer.send(
            new s3.PutBucketLifecycleConfigurationCommand({
              Bucket,
              LifecycleConfiguration: {
                Rules: [{ ID: "x", Status: "Enabled", Filter: { Prefix: "" }, Expiration: { Days: 1 } }],
              },
            }),
          ),
        ],
        ["deleting it", writer.send(new s3.DeleteBucketCommand({ Bucket }))],
      ];
      await Promise.allSettled(all.map(([, asked]) => asked));
      for (const [what, asked] of all) await refused(asked, what, ...denied);
    },
  },
  {
    title: "a reader reads and lists, and nothing else",
    async shows({ root, reader }) {
      await put(root, "kept", "read/a", "1");
      must((await text(reader, "kept", "read/a")) === "1", "it reads something else");
      must((await keysOf(reader, "kept", "read/")).length === 1, "it is not listed");
      const at = { Bucket: "kept", Key: "read/a" };
      await refused(put(reader, "kept", "w", ""), "writing", ...denied);
      await refused(reader.send(new s3.DeleteObjectCommand(at)), "deleting", ...denied);
      await refused(reader.send(new s3.CreateMultipartUploadCommand(at)), "an upload in parts", ...denied);
      await refused(
        reader.send(new s3.PutObjectTaggingCommand({ ...at, Tagging: { TagSet: [] } })),
        "tagging",
        ...denied,
      );
    },
  },
  {
    title: "another user sees no names in a bucket that is not its own",
    shows: ({ other }) =>
      refused(other.send(new s3.HeadObjectCommand({ Bucket: "kept", Key: "read/a" })), "it", ...denied),
  },
  {
    title: "a user's list of buckets has only its own",
    async shows({ other }) {
      const { Buckets = [] } = await other.send(new s3.ListBucketsCommand({}));
      must(
        Buckets.every(({ Name }) => Name === "others"),
        "others' buckets are listed",
      );
    },
  },
];
