import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import * as s3 from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  copyOnce,
  eachOf,
  Followed,
  mend,
  planMove,
  storeAt,
  verify,
  type Move,
} from "../../packages/objects";
import type { CopierInput } from "./copier";
import { keysOf } from "./asking";
import { startEngine, type Declared, type Engine } from "./engines";

/** How many objects are moved: 10,000 with `OBJECTS=10000 make test-objects`. */
const wanted = Number(process.env.OBJECTS ?? 1000);
const declared: Declared = {
  buckets: { kept: { versioned: true }, plain: { versioned: false } },
  users: { writer: { buckets: ["kept", "plain"], access: "read-write" } },
};
const buckets = ["kept", "plain"];
const oddKeys = [
  "sp ace/a b",
  "ü/日本/😀",
  "100%/%2F%20",
  "a+b/+",
  "q?&=#;,:@$'\"<>()[]{}|~!*^`",
  " lead and trail ",
  `long/${`${"x".repeat(200)}/`.repeat(4)}end`,
  "tab\tand\nline",
];

describe("moving objects", () => {
  const engines: Engine[] = [];
  let forth: Move;
  let back: Move;
  let client: s3.S3Client;
  beforeAll(async () => {
    const [minio, seaweedfs] = [
      await startEngine("minio", declared),
      await startEngine("seaweedfs", declared),
    ];
    engines.push(minio, seaweedfs);
    const from = storeAt("minio", minio.root);
    const to = storeAt("seaweedfs", seaweedfs.root);
    const { signal } = new AbortController();
    forth = { source: from, target: to, buckets, signal };
    back = { source: to, target: from, buckets, signal };
    client = from.client;
  });
  afterAll(async () => {
    for (const engine of engines) await engine.stop();
  });

  const put = (Bucket: string, Key: string, Body: string | Buffer, more = {}) =>
    client.send(new s3.PutObjectCommand({ Bucket, Key, Body, ...more }));
  const remove = (Bucket: string, Key: string) => client.send(new s3.DeleteObjectCommand({ Bucket, Key }));

  it("leaves alone what only the target has, and says so", async () => {
    const { client: other } = forth.target;
    await put("kept", "tagged", "ours");
    for (const Bucket of buckets)
      await other.send(new s3.PutObjectCommand({ Bucket, Key: "theirs", Body: "theirs" }));
    await other.send(new s3.PutObjectCommand({ Bucket: "kept", Key: "tagged", Body: "theirs" }));
    const { apart, versions, removed } = await copyOnce(forth);
    expect(apart.map(({ bucket, key }) => `${bucket}/${key}`).sort()).toEqual([
      "kept/tagged",
      "kept/theirs",
      "plain/theirs",
    ]);
    expect([versions, removed]).toEqual([0, 0]);
    expect((await verify(forth, false)).differences).toHaveLength(3);
    for (const [Bucket, Key] of apart.map(({ bucket, key }) => [bucket, key] as const)) {
      // Somebody removes it, with all its versions.
      const { Versions = [], DeleteMarkers = [] } = await other.send(
        new s3.ListObjectVersionsCommand({ Bucket, Prefix: Key }),
      );
      for (const { VersionId } of Bucket === "kept"
        ? [...Versions, ...DeleteMarkers]
        : [{ VersionId: undefined }])
        await other.send(new s3.DeleteObjectCommand({ Bucket, Key, VersionId }));
    }
    expect((await copyOnce(forth)).apart).toEqual([]);
    expect((await verify(forth, false)).differences).toEqual([]);
  });

  it("says before what the other engine cannot hold", async () => {
    await put("kept", "control\u0001", "");
    await put("plain", "control\u0001", "");
    const forward = await planMove(forth);
    expect(forward.obstacles).toEqual([
      'kept: SeaweedFS lists no versions of a key with control characters, such as "control\\u0001".',
    ]);
    expect(forward.buckets.map(({ bucket, versioned }) => [bucket, versioned])).toEqual([
      ["kept", true],
      ["plain", false],
    ]);
    const { Versions = [] } = await client.send(
      new s3.ListObjectVersionsCommand({ Bucket: "kept", EncodingType: "url", Prefix: "control" }),
    );
    for (const { VersionId } of Versions)
      await client.send(new s3.DeleteObjectCommand({ Bucket: "kept", Key: "control\u0001", VersionId }));
    await remove("plain", "control\u0001");
    await put("plain", "back\\slash", "");
    expect((await planMove(forth)).obstacles).toEqual([
      'plain: SeaweedFS takes a backslash in a key for a slash, such as "back\\\\slash".',
    ]);
    // It is not written under another name.
    expect((await copyOnce(forth)).apart.map(({ key }) => key)).toEqual(["back\\slash"]);
    await remove("plain", "back\\slash");
    const { client: other } = back.source;
    const beside = ["side", "side/y"];
    for (const Key of beside) await other.send(new s3.PutObjectCommand({ Bucket: "plain", Key, Body: Key }));
    const backward = await planMove(back);
    expect(backward.obstacles).toEqual(['plain: MinIO lists no key below another key, such as "side/y".']);
    for (const Key of beside) await other.send(new s3.DeleteObjectCommand({ Bucket: "plain", Key }));
  });

  it("brings every version, marker, tag and metadata along, in order", async () => {
    for (const Bucket of buckets) {
      for (const key of oddKeys)
        await put(Bucket, key, key, { Metadata: { of: "me" }, ContentType: "text/x-odd" });
      await put(Bucket, "tagged", "t", { Tagging: "a%20b=c%2Bd&e=f" });
      await put(Bucket, "summed", "s", { ChecksumAlgorithm: "SHA256" });
      await put(Bucket, "large", randomBytes(3 << 20));
      await put(Bucket, "empty", "");
      const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand({ Bucket, Key: "parts" }));
      const Parts: s3.CompletedPart[] = [];
      for (const [i, Body] of [randomBytes(6 << 20), randomBytes(5 << 20), randomBytes(77)].entries()) {
        const at = { Bucket, Key: "parts", UploadId, PartNumber: i + 1 };
        Parts.push({
          PartNumber: i + 1,
          ETag: (await client.send(new s3.UploadPartCommand({ ...at, Body }))).ETag,
        });
      }
      await client.send(
        new s3.CompleteMultipartUploadCommand({ Bucket, Key: "parts", UploadId, MultipartUpload: { Parts } }),
      );
    }
    await put("plain", "folder/", "");
    for (const body of ["1", "2", "2", "3"]) await put("kept", "history", body);
    await remove("kept", "history");
    await put("kept", "history", "4");
    await remove("kept", "history");
    await remove("kept", "history");
    await remove("kept", "never there");

    const copied = await copyOnce(forth);
    expect(copied.apart).toEqual([]);
    expect((await verify(forth, true)).differences).toEqual([]);
    const again = await copyOnce(forth);
    expect([again.versions, again.removed]).toEqual([0, 0]);
  });

  it("sees and mends tags and metadata that were changed in place", async () => {
    const TagSet = [{ Key: "later", Value: "yes" }];
    const at = { Bucket: "kept", Key: "empty" };
    await client.send(new s3.PutObjectTaggingCommand({ ...at, Tagging: { TagSet } }));
    await put("plain", "empty", "", { Metadata: { later: "yes" } });
    const seen = await verify(forth, false);
    expect(seen.differences.map(({ bucket, what }) => `${bucket} ${what}`).sort()).toEqual([
      "kept tags",
      "plain metadata",
    ]);
    expect(await mend(forth, seen)).toBe(2);
    expect((await verify(forth, false)).differences).toEqual([]);
  });

  /** Copies in a process of its own, and ends it at once after some keys. @returns whether it was still at work */
  const killedAfter = async (keys: number): Promise<boolean> => {
    const input: CopierInput = { source: forth.source.access, target: forth.target.access, buckets };
    const copier = spawn(process.execPath, ["--import", "tsx", join(__dirname, "copier.ts")], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const ended = once(copier, "exit");
    copier.stdin.end(JSON.stringify(input));
    let done = 0;
    copier.stdout.on("data", (lines: Buffer) => {
      done += lines.toString().split("\n").length - 1;
      if (done >= keys) copier.kill("SIGKILL");
    });
    await ended;
    return copier.signalCode === "SIGKILL";
  };

  it(`moves ${wanted} objects while clients write, killed five times, and back`, async () => {
    const numbers = Array.from({ length: wanted }, (_, i) => i);
    const keyOf = (i: number) => `many/${i % 7}/${oddKeys[i % oddKeys.length] ?? ""}/${i}`;
    await eachOf(numbers, forth.signal, (i) => put(buckets[i % 2] ?? "", keyOf(i), `first ${i}`));
    let stop = false;
    let writes = 0;
    const writer = async (id: number) => {
      for (let i = id; !stop; i += 7) {
        const bucket = buckets[i % 2] ?? "";
        const key = keyOf(i % wanted);
        if (i % 5 === 0) await remove(bucket, key);
        else await put(bucket, i % 3 === 0 ? `new/${i}` : key, `again ${i}`);
        writes += 1;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const writers = [writer(1), writer(2)];
    for (let kill = 1; kill <= 5; kill += 1) expect(await killedAfter((kill * wanted) / 20)).toBe(true);
    await copyOnce(forth);
    stop = true;
    await Promise.all(writers);
    expect(writes).toBeGreaterThan(0);
    expect((await copyOnce(forth)).apart).toEqual([]);
    const compared = await verify(forth, true);
    expect(compared.differences).toEqual([]);
    expect(compared.versions).toBeGreaterThan(wanted);
    await (await Followed.read(back.source, back.target, forth.signal)).rest(["plain"], new Date());
    client = forth.target.client;
    await put("kept", keyOf(0), "on the other side");
    await put("plain", "since", "on the other side");
    await remove("plain", keyOf(3));
    // Not by way of the engine that serves now.
    const { client: former } = forth.source;
    await former.send(new s3.PutObjectCommand({ Bucket: "plain", Key: "astray", Body: "astray" }));
    const { apart } = await copyOnce(back);
    expect(apart.map(({ key }) => key)).toEqual(["astray"]);
    await former.send(new s3.DeleteObjectCommand({ Bucket: "plain", Key: "astray" }));
    expect((await copyOnce(back)).apart).toEqual([]);
    expect((await verify(back, true)).differences).toEqual([]);

    // As after a disk that was lost: the copy does not follow.
    const plain = await keysOf(forth.target.client, "plain");
    await eachOf(plain, forth.signal, (Key) =>
      client.send(new s3.DeleteObjectCommand({ Bucket: "plain", Key })),
    );
    await expect(copyOnce(back)).rejects.toThrow("no longer lists");
    expect(await keysOf(former, "plain")).toHaveLength(plain.length);
  }, 3_600_000);
});
