import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { s3Request, type S3Access, type S3Request } from "../../packages/s3";
import { unlessRefused } from "../../provider/handlers/minio/testing";
import { deletions, uploadByForm, uploadInParts } from "../support/deletions";
import { engineNames, startEngine, type Declared, type Engine } from "./engines";

const signal = new AbortController().signal;
const path = "/kept/models/a";
const declared: Declared = {
  buckets: { kept: { versioned: true }, plain: { versioned: false } },
  users: {
    writer: { buckets: ["kept", "plain"], access: "read-write" },
    reader: { buckets: ["kept"], access: "read-only" },
  },
};
const ask = (access: S3Access, request: S3Request) => s3Request(access, request, signal);

describe.each(engineNames)("former versions in %s", (name) => {
  let engine: Engine;
  let first: string;
  beforeAll(async () => {
    engine = await startEngine(name, declared);
  });
  afterAll(() => engine.stop());

  const byRoot = (request: S3Request) => unlessRefused(ask(engine.root, request));
  const versions = async () => {
    const { body } = await byRoot({
      ...{ method: "GET", path: "/kept", query: { versions: "", prefix: "models/a" } },
    });
    return [...body.matchAll(/<Version>.*?<VersionId>([^<]+)</gs)].map((match) => match[1] ?? "");
  };
  const content = async (versionId: string) =>
    (await ask(engine.root, { method: "GET", path, query: { versionId } })).body;

  beforeEach(async () => {
    await byRoot({ method: "PUT", path: "/kept/models/b", body: "other" });
    await byRoot({ method: "PUT", path, body: "first" });
    await unlessRefused(ask(engine.as("writer"), { method: "PUT", path, body: "second" }));
    first = (await versions()).at(1) ?? "";
    expect(await content(first)).toBe("first");
  });

  describe.each(Object.keys(declared.users))("as a %s", (user) => {
    it.each(deletions)("%s takes none away", async (_, request) => {
      await ask(engine.as(user), request(first));
      expect(await content(first)).toBe("first");
      expect(await versions()).toContain(first);
    });

    it("an upload in parts that names a version takes none away", async () => {
      await uploadInParts(engine.as(user), first);
      expect(await content(first)).toBe("first");
    });

    it("a form takes none away", async () => {
      await uploadByForm(engine.as(user), `?versionId=${first}`);
      await uploadByForm(engine.as(user), "", { versionId: first });
      await uploadByForm(engine.as(user), "", { "x-amz-meta-snowball-auto-extract": "true" });
      expect(await content(first)).toBe("first");
    });
  });

  it("the buckets are as declared after all of that", async () => {
    expect(await engine.drift()).toEqual([]);
  });
});
