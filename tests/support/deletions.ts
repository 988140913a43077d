import { createHash, createHmac } from "node:crypto";
import { tarNaming } from "../../provider/handlers/minio/testing";
import { s3Request, type S3Access, type S3Request } from "../../packages/s3";

/**
 * Everything that a consumer may send to a bucket `kept`, which keeps former versions, by which a former version of the
 * object `models/a` could be removed or replaced. `models/b` is another object in it. For tests of each engine.
 */

const path = "/kept/models/a";
const signal = new AbortController().signal;
const ask = (access: S3Access, request: S3Request) => s3Request(access, request, signal);

/** An upload in parts that names a version. */
export async function uploadInParts(access: S3Access, versionId: string): Promise<void> {
  const begun = await ask(access, { method: "POST", path, query: { uploads: "", versionId } });
  const uploadId = /<UploadId>(.*?)</.exec(begun.body)?.[1];
  if (uploadId === undefined) return;
  await ask(access, { method: "PUT", path, query: { partNumber: "1", uploadId }, body: "other" });
  const listed = await ask(access, { method: "GET", path, query: { uploadId } });
  const tag = /<ETag>(.*?)</.exec(listed.body)?.[1] ?? "";
  await ask(access, {
    method: "POST",
    path,
    query: { uploadId },
    body: `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${tag}</ETag></Part></CompleteMultipartUpload>`,
  });
}

/** An upload as a web page's form sends it. */
export function uploadByForm(
  access: S3Access,
  query: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const moment = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${moment.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const credential = `${access.user}/${scope}`;
  const document = Buffer.from(
    JSON.stringify({
      expiration: new Date(Date.now() + 600_000).toISOString(),
      conditions: [
        { bucket: "kept" },
        ["starts-with", "$key", ""],
        { "x-amz-credential": credential },
        { "x-amz-algorithm": "AWS4-HMAC-SHA256" },
        { "x-amz-date": moment },
        ...Object.keys(more).map((name) => ["starts-with", `$${name}`, ""]),
      ],
    }),
  ).toString("base64");
  const key = scope
    .split("/")
    .reduce<string | Buffer>(
      (last, word) => createHmac("sha256", last).update(word).digest(),
      `AWS4${access.secret}`,
    );
  const fields = new FormData();
  for (const [name, value] of Object.entries({
    key: "models/a",
    bucket: "kept",
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": credential,
    "x-amz-date": moment,
    ...more,
    policy: document,
    "x-amz-signature": createHmac("sha256", key).update(document).digest("hex"),
  }))
    fields.set(name, value);
  fields.set("file", new Blob(["other"]));
  return fetch(`${access.endpoint}/kept${query}`, { method: "POST", body: fields });
}

/** A list of deletions. */
export const erase = (ids: readonly string[], headers: Record<string, string> = {}): S3Request => {
  const body = `<Delete>${ids.map((id) => `<Object><Key>models/a</Key>${id === "" ? "" : `<VersionId>${id}</VersionId>`}</Object>`).join("")}</Delete>`;
  const md5 = createHash("md5").update(body).digest("base64");
  return {
    method: "POST",
    path: "/kept",
    query: { delete: "" },
    headers: { "content-md5": md5, ...headers },
    body,
  };
};
const put = (more: Omit<S3Request, "method" | "path">): S3Request => ({ method: "PUT", path, ...more });
const versioned = (status: string) =>
  `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`;
const replica = { "x-amz-bucket-replication-status": "REPLICA" };
const source = {
  "x-minio-source-replication-request": "true",
  "x-minio-source-deletemarker": "true",
  "x-minio-source-mtime": "2020-01-01T00:00:00Z",
};
const force = { "x-minio-force-delete": "true" };
const bypass = { "x-amz-bypass-governance-retention": "true" };

/** @param first the id of the version that must stay */
export const deletions: readonly (readonly [what: string, request: (first: string) => S3Request])[] = [
  ["DELETE", () => ({ method: "DELETE", path })],
  ["DELETE of a version", (first) => ({ method: "DELETE", path, query: { versionId: first } })],
  ["DELETE of the version null", () => ({ method: "DELETE", path, query: { versionId: "null" } })],
  ["DELETE with force", () => ({ method: "DELETE", path, headers: force })],
  ["DELETE of a folder with force", () => ({ method: "DELETE", path: "/kept/models", headers: force })],
  [
    "DELETE of a folder's name with force",
    () => ({ method: "DELETE", path: "/kept/models/", headers: force }),
  ],
  [
    "DELETE past retention",
    (first) => ({ method: "DELETE", path, query: { versionId: first }, headers: bypass }),
  ],
  ["DELETE as a replica", () => ({ method: "DELETE", path, headers: { ...replica, ...source } })],
  [
    "DELETE of a version as a replica",
    (first) => ({ method: "DELETE", path, query: { versionId: first }, headers: { ...replica, ...source } }),
  ],
  ["DELETE as another server", () => ({ method: "DELETE", path, headers: source })],
  ["a list of deletions", () => erase([""])],
  ["a list of deletions with versions", (first) => erase([first, "null"])],
  [
    "a list of deletions with versions, past retention, with force",
    (first) => erase([first], { ...bypass, ...force }),
  ],
  ["DELETE of the bucket", () => ({ method: "DELETE", path: "/kept" })],
  ["DELETE of the bucket with force", () => ({ method: "DELETE", path: "/kept", headers: force })],
  ["PUT of a version", (first) => put({ query: { versionId: first }, body: "other" })],
  ["PUT of the version null", () => put({ query: { versionId: "null" }, body: "other" })],
  [
    "PUT as a replica",
    (first) => put({ query: { versionId: first }, headers: { ...replica, ...source }, body: "other" }),
  ],
  ["an empty PUT", () => put({ body: "" })],
  [
    "a copy onto a version",
    (first) => put({ query: { versionId: first }, headers: { "x-amz-copy-source": "/kept/models/b" } }),
  ],
  [
    "a copy of a version onto itself",
    (first) =>
      put({
        query: { versionId: first },
        headers: {
          "x-amz-copy-source": `/kept/models/a?versionId=${first}`,
          "x-amz-metadata-directive": "REPLACE",
        },
      }),
  ],
  [
    "an archive that names a version",
    (first) =>
      put({ headers: { "x-amz-meta-snowball-auto-extract": "true" }, body: tarNaming("models/a", first) }),
  ],
  [
    "an archive below a prefix",
    (first) =>
      put({
        headers: {
          "x-amz-meta-snowball-auto-extract": "true",
          "x-amz-meta-minio-snowball-prefix": "models",
        },
        body: tarNaming("a", first),
      }),
  ],
  [
    "an expiry",
    () => ({
      method: "PUT",
      path: "/kept",
      query: { lifecycle: "" },
      body: "<LifecycleConfiguration><Rule><ID>x</ID><Status>Enabled</Status><Filter/><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration></Rule></LifecycleConfiguration>",
    }),
  ],
  [
    "versioning suspended",
    () => ({ method: "PUT", path: "/kept", query: { versioning: "" }, body: versioned("Suspended") }),
  ],
  [
    "a replication",
    () => ({
      method: "PUT",
      path: "/kept",
      query: { replication: "" },
      body: "<ReplicationConfiguration/>",
    }),
  ],
  ["the bucket's policy", () => ({ method: "PUT", path: "/kept", query: { policy: "" }, body: "{}" })],
  [
    "the bucket's lock",
    () => ({
      method: "PUT",
      path: "/kept",
      query: { "object-lock": "" },
      body: "<ObjectLockConfiguration/>",
    }),
  ],
  ["a retention", (first) => put({ query: { retention: "", versionId: first }, body: "<Retention/>" })],
  [
    "a restore",
    (first) => ({
      method: "POST",
      path,
      query: { restore: "", versionId: first },
      body: "<RestoreRequest/>",
    }),
  ],
  [
    "tags on a version",
    (first) => put({ query: { tagging: "", versionId: first }, body: "<Tagging><TagSet/></Tagging>" }),
  ],
  [
    "metadata of the bucket",
    () => ({ method: "PUT", path: "/minio/admin/v3/import-bucket-metadata", query: { bucket: "kept" } }),
  ],
];
