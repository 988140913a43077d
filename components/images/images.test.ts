import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import digests from "./digests.json";
import { check, exitCode } from "./check";
import { pin } from "./pin";
import { productionImages } from "../../services";
import { reference } from "./reference";
import { lookUpDigest } from "./registry";

const manifest = '{"schemaVersion":2}';
const digest = `sha256:${createHash("sha256").update(manifest).digest("hex")}`;

let server: Server;
let host: string;
let seen: string[];
let answer: RequestListener;
let dir: string;

beforeEach(async () => {
  seen = [];
  dir = mkdtempSync(join(tmpdir(), "pin-"));
  server = createServer((request, response) => {
    seen.push(`${request.url ?? ""} ${request.headers.authorization ?? "-"}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  rmSync(dir, { recursive: true });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A registry that wants an anonymous token first, as Docker Hub does. */
const hub: RequestListener = (request, response) => {
  const url = new URL(request.url ?? "", `http://${host}`);
  if (url.pathname === "/token") {
    response.end(JSON.stringify({ token: `for-${url.searchParams.get("scope") ?? ""}` }));
  } else if (request.headers.authorization !== "Bearer for-repository:library/x:pull") {
    const challenge = `Bearer realm="http://${host}/token",service="reg",scope="repository:library/x:pull"`;
    response.writeHead(401, { "www-authenticate": challenge }).end();
  } else if (url.pathname === "/v2/library/x/manifests/1.2") {
    response.writeHead(200, { "docker-content-digest": digest }).end(manifest);
  } else {
    response.writeHead(404).end();
  }
};

describe("looking up a digest", () => {
  it("asks without a login and computes it from the manifest", async () => {
    answer = hub;
    expect(await lookUpDigest(`${host}/library/x:1.2`)).toBe(digest);
    expect(seen).toEqual([
      "/v2/library/x/manifests/1.2 -",
      "/token?service=reg&scope=repository%3Alibrary%2Fx%3Apull -",
      "/v2/library/x/manifests/1.2 Bearer for-repository:library/x:pull",
    ]);
  });

  const failures: [string, RequestListener, RegExp][] = [
    [
      "a tag that is not there",
      (q, s) => s.writeHead(404).end(String(q.method)),
      /has no such image for the public \(404\)/,
    ],
    [
      "a repository that was deleted, for which Docker Hub gives a token and then refuses it",
      (q, s) => {
        if (q.url?.startsWith("/token") === true) s.end('{"token":"t"}');
        else s.writeHead(401, { "www-authenticate": `Bearer realm="http://${host}/token"` }).end();
      },
      /has no such image for the public \(401\): the tag never was, or the image was deleted or made private/,
    ],
    ["a limit of pulls", (_q, s) => s.writeHead(429).end(), /limits how often it may be asked \(429\)/],
    ["a registry in trouble", (_q, s) => s.writeHead(503).end(), /answered 503\.$/],
    [
      "a login that is not known",
      (_q, s) => s.writeHead(401, { "www-authenticate": "Basic" }).end(),
      /wants a login/,
    ],
    [
      "a token that is refused",
      (q, s) => {
        if (q.url?.startsWith("/token") === true) s.writeHead(403).end("no");
        else s.writeHead(401, { "www-authenticate": `Bearer realm="http://${host}/token"` }).end();
      },
      /has no such image for the public \(403\)/,
    ],
    [
      "a manifest that is not what was said",
      (_q, s) => s.writeHead(200, { "docker-content-digest": "sha256:0" }).end(manifest),
      /the registry says sha256:0, and its manifest is sha256:/,
    ],
  ];
  it.each(failures)("fails with one sentence at %s", async (_what, listener, expected) => {
    answer = listener;
    await expect(lookUpDigest(`${host}/library/x:1.2`)).rejects.toThrow(expected);
  });

  it("fails with one sentence when the registry cannot be reached", async () => {
    await expect(lookUpDigest("127.0.0.1:1/library/x:1")).rejects.toThrow(
      /^127\.0\.0\.1:1\/library\/x:1: 127\.0\.0\.1:1 cannot be reached \(.+\): run this on a machine/,
    );
  });
});

describe("pinning", () => {
  it("writes all digests, sorted, in one step", async () => {
    answer = (_request, response) => response.end(manifest);
    const file = join(dir, "digests.json");
    await pin([`${host}/b:1`, `${host}/a:1`], file);
    expect(readFileSync(file, "utf8")).toBe(
      `{\n  "${host}/a:1": "${digest}",\n  "${host}/b:1": "${digest}"\n}\n`,
    );
    expect(readdirSync(dir)).toEqual(["digests.json"]);
  });

  it("goes on when an image has none: that one stays as it was known, and each is told", async () => {
    answer = (request, response) =>
      response.writeHead(request.url?.includes("bad") === true ? 404 : 200).end(manifest);
    const file = join(dir, "digests.json");
    const [good, known, unknown] = [`${host}/a:1`, `${host}/bad-known:1`, `${host}/bad:1`];
    writeFileSync(
      file,
      JSON.stringify({ [known]: "sha256:former", [`${host}/not-used-any-more:1`]: "sha256:old" }),
    );
    const digests = { [good]: digest, [known]: "sha256:former" };
    expect(await pin([unknown, known, good], file)).toEqual({
      digests,
      failures: [known, unknown].map(
        (image) =>
          `${image}: the registry ${host} has no such image for the public (404): the tag never was, or the image was deleted or made private.`,
      ),
    });
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(digests);
  });
});

describe("checking", () => {
  it("looks each image up by its tag and by the digest it is pinned to, and writes nothing", async () => {
    answer = (request, response) =>
      response.writeHead(request.url?.includes("sha256") === true ? 404 : 200).end(manifest);
    const [gone, here] = [`${host}/a:1`, `${host}/b:1`];
    const checked = await check([here, gone], { [gone]: digest });
    expect(checked.map(({ image, problem }) => [image, problem?.failure])).toEqual([
      [gone, undefined],
      [`${gone}@${digest}`, "gone"],
      [here, undefined],
    ]);
    expect(exitCode(checked)).toBe(1);
  });

  it("tells an image that is gone from a registry that cannot be reached", async () => {
    answer = (_request, response) => response.end(manifest);
    const checked = await check([`${host}/a:1`, "127.0.0.1:1/b:1"], {});
    expect(checked.map(({ problem }) => problem?.failure)).toEqual(["unreachable", undefined]);
    expect(exitCode(checked)).toBe(2);
    expect(exitCode(checked.slice(1))).toBe(0);
  });
});

describe("a reference", () => {
  it("names where the makers' images are now, with the tag or digest that the stack file names", () => {
    const at = (version: string) => reference(`docker.io/minio/minio${version}`, {});
    expect(at(":RELEASE.1")).toBe("quay.io/minio/minio:RELEASE.1");
    expect(at(`:RELEASE.1@${digest}`)).toBe(`quay.io/minio/minio:RELEASE.1@${digest}`);
    expect(reference("docker.io/minio/minio:1", { "quay.io/minio/minio:1": digest })).toBe(
      `quay.io/minio/minio:1@${digest}`,
    );
    expect(reference("docker.io/minio/mc:1", {})).toBe("docker.io/minio/mc:1");
    expect(productionImages().filter((image) => reference(image, {}) !== image)).toEqual([]);
  });

  it("has the digest where it is known, and the exact tag where not", () => {
    expect(reference("docker.io/x:1", { "docker.io/x:1": digest })).toBe(`docker.io/x:1@${digest}`);
    expect(reference("docker.io/x:1", {})).toBe("docker.io/x:1");
    expect(reference(`docker.io/x:1@${digest}`, { "docker.io/x:1": "sha256:other" })).toBe(
      `docker.io/x:1@${digest}`,
    );
  });

  it("is kept only for images of this program, with digests in full", () => {
    for (const [image, value] of Object.entries(digests)) {
      expect(productionImages()).toContain(image);
      expect(value).toMatch(/^sha256:[0-9a-f]{64}$/);
    }
    expect(productionImages()).toEqual(
      expect.arrayContaining(["docker.io/library/postgres:18-trixie", "docker.io/restic/restic:0.18.1"]),
    );
  });
});
