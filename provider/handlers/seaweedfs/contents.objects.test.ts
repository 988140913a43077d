import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refusal, s3Request, type S3Request } from "../../../packages/s3";
import { Weed } from "../../../tests/support/weed";
import type { Context } from "../../handler";
import { contentsBy } from "./contents";
import type { ContentsInputs } from "./inputs";

const server = new Weed();
const signal = new AbortController().signal;
const said: string[] = [];
const ctx: Context = {
  signal,
  log: { info: (message) => said.push(message), warn: (message) => said.push(message) },
};
const handler = contentsBy(() => ({
  shell: (commands) => server.shell(commands),
  restart: () => server.restart(),
}));
const users = {
  writer: { buckets: ["kept", "plain"], access: "read-write", secretKey: "secret-of-writer" },
  reader: { buckets: ["kept"], access: "read-only", secretKey: "secret-of-reader" },
} as const;
let inputs: ContentsInputs;

const ask = (request: S3Request, user?: keyof typeof users) =>
  s3Request(
    user === undefined ? server.root : { ...server.root, user, secret: users[user].secretKey },
    request,
    signal,
  );
const drift = () => handler.drift(inputs, ctx, {});

beforeAll(async () => {
  // As it would run before its secret was written again: the users are not in it.
  await server.start();
  server.consumers = users;
  server.versioned = ["kept"];
  inputs = {
    connection: {
      node: "storage",
      host: "127.0.0.1",
      port: server.settings.apiPort,
      user: "root",
      hostKey: "",
    },
    ...{ endpoint: server.endpoint, place: server.place, user: server.user, password: server.password },
    copies: { replication: "000" },
    buckets: { kept: { versioned: true }, plain: { versioned: false } },
    users: Object.fromEntries(
      Object.entries(users).map(([user, { secretKey, buckets }]) => [
        user,
        { secretKey, buckets: [...buckets] },
      ]),
    ),
  };
});
afterAll(() => server.stop());

describe("the contents of a SeaweedFS", () => {
  it("says what is missing, makes it, and then finds nothing", async () => {
    expect((await drift()).map((sentence) => sentence.replace(/:.*/, ""))).toEqual([
      "SeaweedFS on storage",
      "SeaweedFS on storage",
      "the bucket kept on storage is missing, with all that was in it; an up makes it, empty.",
      "the bucket plain on storage is missing, with all that was in it; an up makes it, empty.",
      "the user writer on storage is not known with the declared key",
      "the user reader on storage is not known with the declared key",
    ]);
    await handler.apply(inputs, ctx, undefined);
    expect(await drift()).toEqual([]);
    expect(said.join()).not.toMatch(/secret-of|trial-root-password/);
    expect(refusal(await ask({ method: "PUT", path: "/plain/a", body: "x" }, "writer"))).toBe("");
    expect(refusal(await ask({ method: "PUT", path: "/kept/a", body: "x" }, "reader"))).toBe("AccessDenied");
    expect(refusal(await ask({ method: "GET", path: "/kept" }, "reader"))).toBe("");
  });

  const suspended = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
  const everybody = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: "*", Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::kept/*"] },
    ],
  });
  const byHand: [what: string, change: () => Promise<unknown>, sentence: RegExp][] = [
    [
      "fsync switched off",
      () => server.shell(["fs.configure -locationPrefix=/buckets/ -fsync=false -apply"]),
      /acknowledged before they are on the disk/,
    ],
    [
      "fsync switched off for one bucket",
      () => server.shell(["fs.configure -locationPrefix=/buckets/kept/ -fsync=false -apply"]),
      /the bucket kept has a rule of its own for \/buckets\/kept\/: fsync off/,
    ],
    [
      "rules taken away",
      () => server.shell(["fs.configure -locationPrefix=/buckets/ -delete -apply"]),
      /acknowledged before they are on the disk/,
    ],
    [
      "volumes that are to be kept twice",
      () => server.shell(["lock", "volume.configure.replication -replication 010", "unlock"]),
      /volumes are kept twice, and should be kept once/,
    ],
    ["a removed bucket", () => server.shell(["s3.bucket.delete -name plain"]), /bucket plain .* is missing/],
    [
      "versioning suspended",
      () => ask({ method: "PUT", path: "/kept", query: { versioning: "" }, body: suspended }),
      /bucket kept .* keeps no former versions/,
    ],
    [
      "a bucket with a policy of its own",
      () => ask({ method: "PUT", path: "/kept", query: { policy: "" }, body: everybody }),
      /bucket kept .* has a policy of its own/,
    ],
    [
      "a bucket open to everybody",
      () => server.shell(["s3.anonymous.set -bucket kept -access Read,List"]),
      /bucket kept .* is open to everybody, without a key/,
    ],
  ];
  it.each(byHand)("shows %s, and puts it right", async (_what, change, sentence) => {
    await change();
    await expect.poll(async () => (await drift()).join("\n"), { timeout: 60_000 }).toMatch(sentence);
    await handler.apply(inputs, ctx, inputs);
    await expect.poll(drift, { timeout: 60_000 }).toEqual([]);
  });

  it("does not let its shell change an identity or a policy of the file", async () => {
    await server
      .shell([
        "s3.configure -user reader -actions Admin -apply",
        "s3.user.delete -name writer",
        "s3.policy -put -name homelab-reader -file /dev/null",
      ])
      .catch(() => "refused");
    expect(await drift()).toEqual([]);
    expect(refusal(await ask({ method: "PUT", path: "/kept/a", body: "x" }, "reader"))).toBe("AccessDenied");
  });

  it("refuses everybody when it is started with a file without identities, or without keys", async () => {
    for (const text of ["", "{}", '{"identities":[]}']) {
      await server.kill("SIGTERM");
      const file = join(server.folder, "none.json");
      writeFileSync(file, text);
      await server.startWith(file);
      // It may not come up at all, which refuses everybody too.
      const open = async () =>
        fetch(`${server.endpoint}/`, { signal: AbortSignal.timeout(2_000) }).then(
          ({ status }) => status,
          () => 0,
        );
      let status = 0;
      for (let attempt = 0; attempt < 100 && status === 0 && server.runs; attempt += 1) {
        status = await open();
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      expect([text, [0, 403].includes(status)]).toEqual([text, true]);
    }
    await server.restart();
    expect(await drift()).toEqual([]);
  });

  it("counts a server that cannot be asked as a difference", async () => {
    await server.kill();
    const node = { ...inputs.connection, port: server.settings.apiPort };
    await expect(handler.drift({ ...inputs, connection: node }, ctx, {})).rejects.toThrow(
      "cannot be compared",
    );
    await server.start();
  });
});
