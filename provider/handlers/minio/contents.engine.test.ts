import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bucketPolicy } from "../../../components/object-store";
import { Minio } from "../../../packages/plugins/testing/minio";
import { refusal, s3Request, type S3Access, type S3Request } from "../../../packages/s3";
import { freePort } from "../../../tests/support/ports";
import { deletions, erase, uploadByForm, uploadInParts } from "../../../tests/support/deletions";
import { unlessRefused } from "./testing";
import type { Context } from "../../handler";
import { sealed } from "./admin";
import type { ContentsInputs } from "./inputs";
import { contents as handler } from "./contents";

const server = new Minio();
const signal = new AbortController().signal;
const said: string[] = [];
const ctx: Context = {
  signal,
  log: { info: (message) => said.push(message), warn: (message) => said.push(message) },
};
const consumers = {
  writer: { buckets: ["kept", "plain"], access: "read-write" },
  reader: { buckets: ["kept"], access: "read-only" },
} as const;

let inputs: ContentsInputs;
let root: S3Access;
const asUser = (user: string): S3Access => ({ ...root, user, secret: `secret-of-${user}` });
const ask = (access: S3Access, request: S3Request) => s3Request(access, request, signal);
const byRoot = (request: S3Request) => unlessRefused(ask(root, request));
const admin = (
  method: "GET" | "PUT" | "POST" | "DELETE",
  what: string,
  query: Record<string, string>,
  body = "",
) => byRoot({ method, path: `/minio/admin/v3/${what}`, query, body });

beforeAll(async () => {
  await server.start();
  root = { endpoint: `http://127.0.0.1:${server.port}`, user: server.user, secret: server.password };
  inputs = {
    connection: { node: "storage", host: "127.0.0.1", port: server.port, user: "root", hostKey: "" },
    endpoint: root.endpoint,
    user: root.user,
    password: root.secret,
    buckets: { kept: { versioned: true }, plain: { versioned: false } },
    users: Object.fromEntries(
      Object.entries(consumers).map(([user, consumer]) => [
        user,
        {
          secretKey: `secret-of-${user}`,
          policyName: `homelab-${user}`,
          policy: bucketPolicy(consumer, ["kept"]),
        },
      ]),
    ),
  };
  // As the official plugin made it before there was anything else: without object lock.
  await byRoot({ method: "PUT", path: "/kept" });
});
afterAll(() => {
  server.stop();
});

describe("the contents of a store", () => {
  it("says what is missing, makes it, and then finds nothing", async () => {
    expect((await handler.drift(inputs, ctx, {})).sort()).toEqual([
      "the bucket kept on storage keeps no former versions.",
      "the bucket kept on storage lets a consumer take former versions away.",
      "the bucket plain on storage is missing, with all that was in it; an up makes it, empty.",
      "the policy homelab-reader on storage is missing.",
      "the policy homelab-writer on storage is missing.",
      "the user reader on storage is missing.",
      "the user writer on storage is missing.",
    ]);
    await handler.apply(inputs, ctx, undefined);
    expect(await handler.drift(inputs, ctx, {})).toEqual([]);
    expect(said.join()).not.toMatch(/secret-of|trial-root-password/);
    expect(refusal(await ask(asUser("writer"), { method: "PUT", path: "/plain/a", body: "x" }))).toBe("");
    expect(refusal(await ask(asUser("reader"), { method: "PUT", path: "/kept/a", body: "x" }))).toBe(
      "AccessDenied",
    );
  });

  const foreign = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: ["s3:*"], Resource: ["arn:aws:s3:::*"] }],
  });
  const byHand: [what: string, change: () => Promise<unknown>, sentence: RegExp][] = [
    [
      "a removed user",
      () => admin("DELETE", "remove-user", { accessKey: "reader" }),
      /user reader .* is missing/,
    ],
    [
      "a user that is switched off",
      () => admin("PUT", "set-user-status", { accessKey: "writer", status: "disabled" }),
      /user writer .* is switched off/,
    ],
    [
      "a changed policy",
      () => admin("PUT", "add-canned-policy", { name: "homelab-writer" }, foreign),
      /policy homelab-writer .* was changed by hand/,
    ],
    [
      "a policy too many",
      () =>
        admin("PUT", "set-user-or-group-policy", {
          policyName: "homelab-writer,readwrite",
          userOrGroup: "writer",
          isGroup: "false",
        }),
      /user writer on storage has homelab-writer,readwrite, declared is homelab-writer/,
    ],
    [
      "a group",
      () =>
        admin(
          "PUT",
          "update-group-members",
          {},
          JSON.stringify({ group: "all", members: ["writer"], groupStatus: "enabled", isRemove: false }),
        ),
      /put into the group all by hand/,
    ],
    [
      "a removed bucket",
      () => byRoot({ method: "DELETE", path: "/plain", headers: { "x-minio-force-delete": "true" } }),
      /bucket plain .* is missing/,
    ],
    [
      "a bucket open to everybody",
      () =>
        byRoot({
          method: "PUT",
          path: "/kept",
          query: { policy: "" },
          body: JSON.stringify({
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { AWS: ["*"] },
                Action: ["s3:GetObject"],
                Resource: ["arn:aws:s3:::kept/*"],
              },
            ],
          }),
        }),
      /bucket kept .* has a policy of its own/,
    ],
  ];
  it.each(byHand)("sees %s in a preview, and puts it right", async (_, change, sentence) => {
    expect(await handler.drift(inputs, ctx, {})).toEqual([]);
    await change();
    const found = await handler.drift(inputs, ctx, {});
    expect(found.join("\n")).toMatch(sentence);
    await handler.apply(inputs, ctx, inputs);
    expect(await handler.drift(inputs, ctx, {})).toEqual([]);
  });

  it("sees another secret key, and gives the declared one back", async () => {
    const other = {
      ...inputs,
      users: { ...inputs.users, reader: { ...inputs.users.reader, secretKey: "another-secret-key" } },
    } as ContentsInputs;
    expect(await handler.drift(other, ctx, {})).toEqual([
      "the user reader on storage has another secret key than declared.",
    ]);
    await handler.apply(other, ctx, inputs);
    expect(await handler.drift(other, ctx, {})).toEqual([]);
    await handler.apply(inputs, ctx, other);
  });

  it("is never as declared where it could not be compared: no answer, another root password", async () => {
    const nothing = await freePort();
    const deaf = { ...inputs, endpoint: `http://127.0.0.1:${nothing}` };
    expect((await handler.drift(deaf, ctx, {})).join()).toMatch(/cannot be compared at http.*ECONNREFUSED/);
    const locked = { ...inputs, password: "by-hand-by-hand" };
    const [sentence] = await handler.drift(locked, ctx, {});
    expect(sentence).toMatch(/cannot be compared.*SignatureDoesNotMatch/);
    expect(sentence).not.toContain("by-hand-by-hand");
    // A node that is off is a state of its own.
    const off = { ...deaf, connection: { ...deaf.connection, port: nothing } };
    await expect(handler.drift(off, ctx, {})).rejects.toThrow("ECONNREFUSED");
  });
});

describe("what a consumer may send to a bucket that keeps versions", () => {
  let first: string;
  const path = "/kept/models/a";
  const versions = async (prefix: string) => {
    const { body } = await byRoot({ method: "GET", path: "/kept", query: { versions: "", prefix } });
    return [...body.matchAll(/<Version>.*?<VersionId>([^<]+)</gs)].map((match) => match[1] ?? "");
  };
  const content = async (versionId: string) =>
    (await ask(root, { method: "GET", path, query: { versionId } })).body;

  beforeAll(async () => {
    await handler.apply(inputs, ctx, undefined);
  });
  beforeEach(async () => {
    await byRoot({ method: "PUT", path: "/kept/models/b", body: "other" });
    await byRoot({ method: "PUT", path, body: "first" });
    await unlessRefused(ask(asUser("writer"), { method: "PUT", path, body: "second" }));
    const all = await versions("models/a");
    first = all.at(1) ?? "";
    expect(await content(first)).toBe("first");
  });

  describe.each(Object.keys(consumers))("as a %s", (user) => {
    it.each(deletions)("%s takes no former version away", async (_, request) => {
      await ask(asUser(user), request(first));
      expect(await content(first)).toBe("first");
      expect(await versions("models/a")).toContain(first);
      expect(await handler.drift(inputs, ctx, {})).toEqual([]);
    });

    it("an upload in parts that names a version takes no former version away", async () => {
      await uploadInParts(asUser(user), first);
      expect(await content(first)).toBe("first");
    });

    it("a form takes no former version away", async () => {
      const access = asUser(user);
      const plain = await uploadByForm(access, "");
      // A form that is refused for another reason would show nothing.
      if (user === "writer") expect(plain.status).toBe(204);
      await uploadByForm(access, `?versionId=${first}`);
      await uploadByForm(access, "", { versionId: first });
      await uploadByForm(access, "", { "x-amz-meta-snowball-auto-extract": "true" });
      expect(await content(first)).toBe("first");
    });

    it("cannot make itself another key, or change its own", async () => {
      const access = asUser(user);
      const own = (what: string, query: Record<string, string>, body: object) =>
        ask(access, {
          method: "PUT",
          path: `/minio/admin/v3/${what}`,
          query,
          body: sealed(access.secret, JSON.stringify(body)),
        });
      const secretKey = "chosen-by-the-consumer";
      const further = await own("add-service-account", {}, { accessKey: `${user}-more`, secretKey });
      expect(refusal(further)).toBe("AccessDenied");
      const changed = await own("add-user", { accessKey: user }, { secretKey, status: "enabled" });
      expect(refusal(changed)).toBe("AccessDenied");
    });
  });

  it("the names that MinIO keeps no versions of are refused", async () => {
    for (const name of ["folder/", "folder__XLDIR__"]) {
      const answer = await ask(asUser("writer"), { method: "PUT", path: `/kept/${name}`, body: "marker" });
      expect(refusal(answer)).toBe("AccessDenied");
    }
    expect(refusal(await ask(asUser("writer"), { method: "PUT", path: "/plain/folder/", body: "" }))).toBe(
      "",
    );
  });

  it("what consumers do every day is allowed: upload in parts, copies, lists, deletions", async () => {
    const writer = asUser("writer");
    const daily: S3Request[] = [
      { method: "PUT", path: "/kept/daily/a b+c", body: "x" },
      { method: "PUT", path: "/kept/daily/copy", headers: { "x-amz-copy-source": "/kept/daily/a%20b%2Bc" } },
      { method: "GET", path: "/kept", query: { "list-type": "2", prefix: "daily/" } },
      { method: "POST", path: "/kept/daily/parts", query: { uploads: "" } },
      { method: "DELETE", path: "/kept/daily/copy" },
    ];
    for (const request of daily)
      expect([request.path, refusal(await ask(writer, request))]).toEqual([request.path, ""]);
    expect((await ask(writer, erase([""]))).body).not.toContain("<Error>");
  });
});
