import * as s3 from "@aws-sdk/client-s3";
import { get, keysOf, must, put, refused, same, text, type Feature } from "../asking";

const enabled = { Status: "Enabled" } as const;

/** Former versions, and what becomes of them. */
export const ofVersions: readonly Feature[] = [
  {
    title: "versions: two of one key, the former can be read",
    async shows({ root }) {
      const { VersionId } = await put(root, "kept", "d/k", "1");
      const second = await put(root, "kept", "d/k", "2");
      must(VersionId !== undefined && VersionId !== second.VersionId, "they have one id");
      must((await text(root, "kept", "d/k", { VersionId })) === "1", "the former is another");
      must((await text(root, "kept", "d/k")) === "2", "the newest is another");
    },
  },
  {
    title: "versions: a deletion leaves a marker, and is undone",
    async shows({ root }) {
      const at = { Bucket: "kept", Key: "un/done" };
      await put(root, "kept", at.Key, "2");
      const { DeleteMarker, VersionId } = await root.send(new s3.DeleteObjectCommand(at));
      must(DeleteMarker === true, "no marker is said");
      await refused(get(root, "kept", at.Key), "reading it", "NoSuchKey");
      must((await keysOf(root, "kept", "un/")).length === 0, "it is still listed");
      await root.send(new s3.DeleteObjectCommand({ ...at, VersionId }));
      must((await text(root, "kept", at.Key)) === "2", "it does not come back");
    },
  },
  {
    title: "versions: 110 of eleven keys in pages, newest first",
    async shows({ root }) {
      for (let i = 0; i < 110; i += 1) await put(root, "kept", `v/${i % 11}`, "x".repeat(i));
      const found: string[] = [];
      let more: s3.ListObjectVersionsCommandOutput | undefined;
      do {
        more = await root.send(
          new s3.ListObjectVersionsCommand({
            ...{ Bucket: "kept", Prefix: "v/", MaxKeys: 7 },
            ...{ KeyMarker: more?.NextKeyMarker, VersionIdMarker: more?.NextVersionIdMarker },
          }),
        );
        found.push(...(more.Versions ?? []).map(({ Key, Size }) => `${Key ?? ""} ${Size ?? 0}`));
      } while (more.IsTruncated === true && found.length < 1000);
      const wanted = Array.from({ length: 11 }, (_, key) => `v/${key}`)
        .sort()
        .flatMap((key) =>
          Array.from({ length: 10 }, (_, i) => `${key} ${(9 - i) * 11 + Number(key.slice(2))}`),
        );
      must(found.length === 110, "another number is listed");
      must(same(found, wanted), "they are in another order");
    },
  },
  {
    title: "versions: what was there before they were on has the id `null`",
    async shows({ root }) {
      await root.send(new s3.CreateBucketCommand({ Bucket: "late" }));
      await put(root, "late", "k", "old");
      await root.send(
        new s3.PutBucketVersioningCommand({ Bucket: "late", VersioningConfiguration: enabled }),
      );
      await put(root, "late", "k", "new");
      must((await text(root, "late", "k", { VersionId: "null" })) === "old", "it is lost");
    },
  },
  {
    title: "lifecycle: a rule for former versions is kept",
    async shows({ root }) {
      await root.send(
        new s3.PutBucketLifecycleConfigurationCommand({
          Bucket: "late",
          LifecycleConfiguration: {
            Rules: [
              {
                ...{ ID: "old", Status: "Enabled", Filter: { Prefix: "" } },
                NoncurrentVersionExpiration: { NoncurrentDays: 30 },
              },
            ],
          },
        }),
      );
      const { Rules = [] } = await root.send(
        new s3.GetBucketLifecycleConfigurationCommand({ Bucket: "late" }),
      );
      must(Rules[0]?.NoncurrentVersionExpiration?.NoncurrentDays === 30, "it is another");
    },
  },
  {
    title: "object lock: kept until a moment",
    async shows({ root }) {
      await root.send(new s3.CreateBucketCommand({ Bucket: "locked", ObjectLockEnabledForBucket: true }));
      const { VersionId } = await put(root, "locked", "k", "1", {
        ObjectLockMode: "COMPLIANCE",
        ObjectLockRetainUntilDate: new Date(Date.now() + 60_000),
      });
      await refused(
        root.send(new s3.DeleteObjectCommand({ Bucket: "locked", Key: "k", VersionId })),
        "deleting it",
      );
    },
  },
];
