import { createHash, randomBytes } from "node:crypto";
import * as s3 from "@aws-sdk/client-s3";
import { eachOf } from "../../../packages/objects";
import { get, inParts, keysOf, mebibyte, must, put, refused, same, text, type Feature } from "../asking";

const never = new AbortController().signal;

/** Buckets, objects, their parts and tags. */
export const ofObjects: readonly Feature[] = [
  {
    title: "buckets are made, and listed",
    async shows({ root }) {
      for (const Bucket of ["made-one", "made-two"]) await root.send(new s3.CreateBucketCommand({ Bucket }));
      const { Buckets = [] } = await root.send(new s3.ListBucketsCommand({}));
      const names = Buckets.map(({ Name = "" }) => Name);
      must(names.includes("made-one") && names.includes("made-two"), "a bucket is missing from the list");
    },
  },
  {
    title: "a bucket made twice is said to be there",
    shows: ({ root }) =>
      refused(root.send(new s3.CreateBucketCommand({ Bucket: "plain" })), "it", "BucketAlreadyOwnedByYou"),
  },
  {
    title: "a bucket's location and head; no such bucket",
    async shows({ root }) {
      await root.send(new s3.GetBucketLocationCommand({ Bucket: "plain" }));
      await root.send(new s3.HeadBucketCommand({ Bucket: "plain" }));
      await refused(root.send(new s3.HeadBucketCommand({ Bucket: "nothing-here" })), "it", "NotFound");
    },
  },
  {
    title: "put, get and head with metadata and type",
    async shows({ root }) {
      await put(root, "plain", "a/b.txt", "hello", { Metadata: { run: "1" }, ContentType: "text/plain" });
      const found = await get(root, "plain", "a/b.txt");
      must((await found.Body?.transformToString()) === "hello", "the content is another");
      must(same(found.Metadata, { run: "1" }) && found.ContentType === "text/plain", "metadata are lost");
    },
  },
  {
    title: "an empty object, a range, no such key",
    async shows({ root }) {
      await put(root, "plain", "empty", "");
      must((await text(root, "plain", "empty")) === "", "the empty object is not empty");
      await put(root, "plain", "range", "hello");
      must((await text(root, "plain", "range", { Range: "bytes=1-3" })) === "ell", "the range is another");
      await refused(get(root, "plain", "nope"), "it", "NoSuchKey");
    },
  },
  {
    title: "keys with spaces, unicode, `%`, `+`",
    async shows({ root }) {
      const keys = ["sp ace/ü.txt", "100%.txt", "a+b", "日本", "q?&=#;'\"<>"].map((key) => `odd/${key}`);
      for (const key of keys) {
        await put(root, "plain", key, key);
        must((await text(root, "plain", key)) === key, `${key} is lost`);
      }
      must(same((await keysOf(root, "plain", "odd/")).sort(), keys.sort()), "the list has other keys");
    },
  },
  {
    title: "a key `x`, then a key `x/y`",
    async shows({ root }) {
      await put(root, "plain", "side", "1");
      await put(root, "plain", "side/y", "2");
      must((await text(root, "plain", "side")) === "1", "`x` is lost");
      must((await text(root, "plain", "side/y")) === "2", "`x/y` is lost");
      must(same(await keysOf(root, "plain", "side"), ["side", "side/y"]), "`x/y` is missing from the list");
    },
  },
  {
    title: "a key `x/y`, then a key `x`",
    async shows({ root }) {
      await put(root, "plain", "turn/y", "2");
      await put(root, "plain", "turn", "1");
      must((await text(root, "plain", "turn")) === "1", "`x` is lost");
      must((await text(root, "plain", "turn/y")) === "2", "`x/y` is lost");
      must(same(await keysOf(root, "plain", "turn"), ["turn", "turn/y"]), "`x/y` is missing from the list");
    },
  },
  {
    title: "an empty object `folder/`",
    async shows({ root }) {
      await put(root, "plain", "folder/", "");
      must(same(await keysOf(root, "plain", "folder/"), ["folder/"]), "it is missing from the list");
    },
  },
  {
    title: "deleted keys leave no folders in a list",
    async shows({ root }) {
      await put(root, "plain", "gone/deep/er", "1");
      await root.send(new s3.DeleteObjectCommand({ Bucket: "plain", Key: "gone/deep/er" }));
      const list = await root.send(
        new s3.ListObjectsV2Command({ Bucket: "plain", Prefix: "gone/", Delimiter: "/" }),
      );
      must(
        (list.Contents ?? []).length + (list.CommonPrefixes ?? []).length === 0,
        "an empty folder is left",
      );
    },
  },
  {
    title: "1,200 keys in pages, by prefix and delimiter, in order",
    async shows({ root }) {
      const keys = Array.from(
        { length: 1200 },
        (_, i) => `many/${i % 3}/${String(Math.floor(i / 3)).padStart(4, "0")}`,
      );
      await eachOf(keys, never, (key) => put(root, "plain", key, "x"));
      must(same(await keysOf(root, "plain", "many/"), [...keys].sort()), "the list has others");
      const { CommonPrefixes = [] } = await root.send(
        new s3.ListObjectsV2Command({ Bucket: "plain", Prefix: "many/", Delimiter: "/" }),
      );
      must(
        same(
          CommonPrefixes.map(({ Prefix }) => Prefix),
          ["many/0/", "many/1/", "many/2/"],
        ),
        "the prefixes are others",
      );
    },
  },
  {
    title: "1,000 keys deleted by one request",
    async shows({ root }) {
      const keys = (await keysOf(root, "plain", "many/")).slice(0, 1000);
      const { Deleted = [], Errors = [] } = await root.send(
        new s3.DeleteObjectsCommand({ Bucket: "plain", Delete: { Objects: keys.map((Key) => ({ Key })) } }),
      );
      must(Deleted.length === 1000 && Errors.length === 0, "some are not deleted");
      must((await keysOf(root, "plain", "many/")).length === 200, "others are left");
    },
  },
  {
    title: "24 MiB in parts, read back whole; the tag is that of S3",
    async shows({ root }) {
      const parts = [randomBytes(8 * mebibyte), randomBytes(8 * mebibyte), randomBytes(8 * mebibyte)];
      await inParts(root, "plain", "big", parts);
      const found = await get(root, "plain", "big");
      const whole = Buffer.from((await found.Body?.transformToByteArray()) ?? []);
      must(whole.equals(Buffer.concat(parts)), "the content is another");
      const md5 = (data: Buffer) => createHash("md5").update(data).digest();
      must(
        found.ETag === `"${md5(Buffer.concat(parts.map(md5))).toString("hex")}-3"`,
        "the tag is made otherwise",
      );
    },
  },
  {
    title: "the length of each part of an object",
    async shows({ root }) {
      await inParts(root, "plain", "two", [Buffer.alloc(6 * mebibyte), Buffer.alloc(100)]);
      const head = (PartNumber: number) =>
        root.send(new s3.HeadObjectCommand({ Bucket: "plain", Key: "two", PartNumber }));
      const first = await head(1);
      must(first.PartsCount === 2, "the number of parts is not said");
      must(first.ContentLength === 6 * mebibyte, "the first part has another length");
      must((await head(2)).ContentLength === 100, "the last part has another length");
    },
  },
  {
    title: "uploads and their parts are listed, and given up",
    async shows({ root }) {
      const at = { Bucket: "plain", Key: "part" };
      const { UploadId } = await root.send(new s3.CreateMultipartUploadCommand(at));
      await root.send(
        new s3.UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: Buffer.alloc(5 * mebibyte) }),
      );
      const listed = async () =>
        (
          await root.send(new s3.ListMultipartUploadsCommand({ Bucket: "plain", Prefix: "part" }))
        ).Uploads?.some((upload) => upload.UploadId === UploadId) ?? false;
      must(await listed(), "an upload is not listed");
      const { Parts = [] } = await root.send(new s3.ListPartsCommand({ ...at, UploadId }));
      must(Parts.length === 1, "a part is not listed");
      await root.send(new s3.AbortMultipartUploadCommand({ ...at, UploadId }));
      must(!(await listed()), "an upload that was given up is listed");
    },
  },
  {
    title: "a copy within the store",
    async shows({ root }) {
      await put(root, "plain", "sp ace+", "hello", { Metadata: { run: "1" } });
      await root.send(
        new s3.CopyObjectCommand({ Bucket: "others", Key: "copy", CopySource: "plain/sp%20ace%2B" }),
      );
      const found = await get(root, "others", "copy");
      must((await found.Body?.transformToString()) === "hello", "the content is another");
      must(same(found.Metadata, { run: "1" }), "metadata are lost");
    },
  },
  {
    title: "a checksum (SHA-256) is kept",
    async shows({ root }) {
      await put(root, "plain", "sum", "abc", { ChecksumAlgorithm: "SHA256" });
      const head = await root.send(
        new s3.HeadObjectCommand({ Bucket: "plain", Key: "sum", ChecksumMode: "ENABLED" }),
      );
      must(
        head.ChecksumSHA256 === createHash("sha256").update("abc").digest("base64"),
        "it is not said again",
      );
    },
  },
  {
    title: "a wrong checksum is refused",
    shows: ({ root }) =>
      refused(put(root, "plain", "bad", "abc", { ChecksumSHA256: `${"A".repeat(43)}=` }), "it"),
  },
  {
    title: "put only where nothing is (`If-None-Match: *`)",
    async shows({ root }) {
      await put(root, "plain", "once", "1", { IfNoneMatch: "*" });
      await refused(put(root, "plain", "once", "2", { IfNoneMatch: "*" }), "it", "PreconditionFailed");
    },
  },
  {
    title: "put only over what was read (`If-Match`)",
    async shows({ root }) {
      const { ETag } = await put(root, "plain", "swap", "1");
      await put(root, "plain", "swap", "2", { IfMatch: ETag });
      await refused(put(root, "plain", "swap", "3", { IfMatch: ETag }), "it", "PreconditionFailed");
    },
  },
  {
    title: "of 16 at once with `If-None-Match: *` one wins",
    async shows({ root }) {
      for (const round of [1, 2, 3]) {
        const all = await Promise.allSettled(
          Array.from({ length: 16 }, (_, i) =>
            put(root, "plain", `race-${round}`, String(i), { IfNoneMatch: "*" }),
          ),
        );
        must(all.filter(({ status }) => status === "fulfilled").length === 1, "another number wins");
      }
    },
  },
  {
    title: "tags",
    async shows({ root }) {
      await put(root, "plain", "tagged", "1");
      const at = { Bucket: "plain", Key: "tagged" };
      const TagSet = [{ Key: "k", Value: "v w" }];
      await root.send(new s3.PutObjectTaggingCommand({ ...at, Tagging: { TagSet } }));
      const found = await root.send(new s3.GetObjectTaggingCommand(at));
      must(same(found.TagSet, TagSet), "they are others");
    },
  },
];
