import { QdrantClient } from "@qdrant/js-client-rest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { QdrantStandIn } from "../../tests/search/qdrant-stand-in";
import { Qdrant } from "./qdrant";
import { dimensions } from "./types";

const server = new QdrantStandIn();
let ours: Qdrant;
let official: QdrantClient;
beforeAll(async () => {
  await server.start();
  ours = new Qdrant(server.url);
  official = new QdrantClient({ url: server.url, checkCompatibility: false });
});
afterAll(() => server.kill());

const name = "homelab-search-test";
const ids = ["0b0e7a52-5b5e-4c3e-8a4e-000000000001", "0b0e7a52-5b5e-4c3e-8a4e-000000000002"] as const;
const towards = (at: number) => Array.from({ length: dimensions }, (_, i) => (i === at ? 1 : 0));
const points = ids.map((id, at) => ({ id, embedding: towards(at) }));

/** What a call sends. */
async function sent(call: () => Promise<unknown>) {
  const before = server.requests.length;
  await call();
  return server.requests.slice(before);
}

describe("calls to Qdrant", () => {
  it("are those of the official client, word for word, and it understands the stand-in's answers", async () => {
    const vectors = { size: dimensions, distance: "Cosine" } as const;
    const both: [name: string, ours: () => Promise<unknown>, official: () => Promise<unknown>][] = [
      ["create", () => ours.create(name), () => official.createCollection(name, { vectors })],
      [
        "upsert",
        () => ours.upsert(name, points),
        () =>
          official.upsert(name, {
            wait: true,
            points: points.map(({ id, embedding }) => ({ id, vector: embedding })),
          }),
      ],
      ["count", () => ours.count(name), () => official.count(name, { exact: true })],
      [
        "query",
        () => ours.nearest(name, towards(1), 4, 5000),
        () => official.query(name, { query: towards(1), limit: 4, with_payload: false, with_vector: false }),
      ],
      ["list", () => ours.collections(), () => official.getCollections()],
      ["delete", () => ours.remove(name), () => official.deleteCollection(name)],
    ];
    for (const [what, mine, theirs] of both) {
      const [request, ...more] = await sent(theirs);
      expect([what, ...more]).toEqual([what]);
      if (what === "delete") await ours.create(name);
      const expected =
        request?.body === undefined ? request : { ...request, body: withoutNothing(request.body) };
      expect([what, ...(await sent(mine))]).toEqual([what, expected]);
    }
  });

  it("bring back identifiers, the nearest first, and a count", async () => {
    await ours.create(name);
    await ours.upsert(name, points);
    expect(await ours.nearest(name, towards(1), 4, 5000)).toEqual([ids[1], ids[0]]);
    expect(await ours.count(name)).toBe(2);
    expect(await ours.collections()).toEqual([name]);
    await ours.remove(name);
    expect(await ours.collections()).toEqual([]);
  });

  it("carry the key where one is given, and no header for it otherwise", async () => {
    // The stand-in asks for none, so what is sent is looked at here.
    const sentHeaders: unknown[] = [];
    const original = globalThis.fetch;
    globalThis.fetch = (url, init) => {
      sentHeaders.push(init?.headers);
      return original(url, init);
    };
    try {
      await new Qdrant(server.url, "a-key").collections();
      await ours.collections();
    } finally {
      globalThis.fetch = original;
    }
    expect(sentHeaders).toEqual([{ "api-key": "a-key" }, {}]);
  });

  it("end in a sentence when nobody answers, in time or at all, or when the collection is not there", async () => {
    await ours.create(name);
    server.delay = 500;
    await expect(ours.nearest(name, towards(0), 1, 30)).rejects.toThrow(
      "Qdrant does not answer: nothing within 30 ms.",
    );
    server.delay = 0;
    await expect(ours.nearest("another", towards(0), 1, 5000)).rejects.toThrow(
      "Qdrant answers 404 to POST /collections/another/points/query",
    );
    await server.kill();
    await expect(ours.nearest(name, towards(0), 1, 5000)).rejects.toThrow(
      /^Qdrant does not answer: (ECONNREFUSED|ECONNRESET|UND_ERR_SOCKET)\.$/,
    );
  });
});

/** The official client names what it leaves out as null; the API takes both for the same. */
function withoutNothing(body: unknown): unknown {
  return Object.fromEntries(Object.entries(body as object).filter(([, value]) => value !== null));
}
