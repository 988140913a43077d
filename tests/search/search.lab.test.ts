import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrate, Search, type Answer, type Document } from "../../packages/search";
import { sync } from "../../packages/search/copy";
import { Qdrant } from "../../packages/search/qdrant";
import { lab } from "../support/lab";
import { dsnOf, incarnation } from "../support/services";
import { beginUp, handedOut, pulumi, up, well } from "../support/stack";
import { QdrantStandIn } from "./qdrant-stand-in";
import { document, fromDesktop, somewhere, type Tunnel } from "./support";

const conversation = randomUUID();
const documents = Array.from({ length: 60 }, (_, i) => document(conversation, `document ${i}`));
const [first] = documents as [Document];
const quiet = () => undefined;

let tunnel: Tunnel;
let dsn: string;
let client: Client;
let plain: Search;
/** Waits for a server that restarts as long as an `up` on a busy computer takes. */
const patient = { timeout: 60_000 };

const ask = (search: Search, embedding: ArrayLike<number>, k = 5) => search.search({ embedding, k });
const found = ({ hits }: Answer) => hits.map(({ content }) => content);

/** Whether somebody uses search in this lab. */
let wasThere = true;

beforeAll(async () => {
  const storage = handedOut();
  tunnel = await fromDesktop(storage.POSTGRES_HOST, storage.POSTGRES_PORT);
  dsn = tunnel.dsn(dsnOf(storage, "agent", "agent_gateway"));
  client = new Client({ connectionString: dsn });
  client.on("error", quiet);
  await client.connect();
  wasThere = (await client.query("select from pg_namespace where nspname = 'search'")).rowCount === 1;
  await migrate(client);
  plain = new Search({ dsn, ...patient });
  await plain.store({
    documents,
    messages: ["hello", "what is document 0?", "the first one"].map((content, position) => ({
      correlationId: conversation,
      position,
      role: position === 1 ? ("user" as const) : ("assistant" as const),
      content,
    })),
    metadata: [{ correlationId: conversation, attributes: { channel: "test", tags: ["a", "b"] } }],
  });
});

afterAll(async () => {
  await plain.close();
  await client.end().catch(quiet);
  const last = new Client({ connectionString: dsn });
  await last.connect();
  if (wasThere) {
    for (const table of ["documents", "messages", "metadata"]) {
      await last.query(`delete from search.${table} where correlation_id = $1`, [conversation]);
    }
    await last.query("delete from search.copies");
  } else {
    // Other tests take the extension away that its tables need.
    await last.query("drop schema search cascade");
  }
  await last.end();
  tunnel.close();
});

describe("search in PostgreSQL", () => {
  it("brings documents with their metadata and the end of their conversation, in one answer", async () => {
    const answer = await plain.search({ embedding: first.embedding, k: 3, history: 2 });
    expect(answer.by).toBe("postgres");
    expect(answer.hits).toHaveLength(3);
    expect(answer.hits[0]).toEqual({
      id: first.id,
      correlationId: conversation,
      content: "document 0",
      distance: expect.closeTo(0, 5) as number,
      attributes: { channel: "test", tags: ["a", "b"] },
      history: [
        { position: 1, role: "user", content: "what is document 0?" },
        { position: 2, role: "assistant", content: "the first one" },
      ],
    });
    const distances = answer.hits.map(({ distance }) => distance);
    expect(distances).toEqual([...distances].sort((a, b) => a - b));
  });

  it("finds what a filter leaves, and nothing else", async () => {
    const other = randomUUID();
    const filtered = (filter: object) => plain.search({ embedding: first.embedding, k: 5, filter });
    expect((await filtered({ correlationIds: [other] })).hits).toEqual([]);
    expect((await filtered({ attributes: { channel: "mail" } })).hits).toEqual([]);
    expect((await filtered({ attributes: { tags: ["b"] } })).hits).toHaveLength(5);
    expect((await filtered({ since: new Date(Date.now() + 60_000) })).hits).toEqual([]);
  });

  it("takes the same again for what it is, and a change for a change", async () => {
    const revision = async () =>
      (
        await client.query<{ revision: string }>("select revision from search.documents where id = $1", [
          first.id,
        ])
      ).rows[0]?.revision;
    const before = await revision();
    await plain.store({ documents });
    await migrate(client);
    expect(await revision()).toBe(before);
    await plain.store({ documents: [{ ...first, content: "document 0, corrected" }] });
    expect(Number(await revision())).toBeGreaterThan(Number(before));
    await plain.store({ documents: [first] });
  });

  it("works while compute is off, with a copy that was there too", async () => {
    lab("node", "kill", "compute");
    try {
      const search = new Search({ dsn, copy: { url: "http://10.77.0.13:6333" } });
      const name = "homelab-search-on-compute";
      await client.query("insert into search.copies (collection, watermark, points) values ($1, 0, 1)", [
        name,
      ]);
      const began = performance.now();
      const answer = await ask(search, first.embedding);
      expect([found(answer)[0], answer.by]).toEqual(["document 0", "postgres"]);
      expect(answer.because).toMatch(/^Qdrant does not answer/);
      // TCP by itself would wait for two minutes.
      expect(performance.now() - began).toBeLessThan(20_000);
      expect((await ask(search, first.embedding)).because).toBe("the copy failed a short while ago");
      await client.query("delete from search.copies where collection = $1", [name]);
      await search.close();
    } finally {
      lab("node", "start", "compute");
    }
  });
});

describe("search with a copy in a stand-in for Qdrant", () => {
  const standIn = new QdrantStandIn();
  let search: Search;
  const rest = 300;
  /** `npm run search -- NAME`, as a person types it. */
  const command = async (name: string) => {
    const env = { ...process.env, POSTGRES_DSN: dsn, QDRANT_URL: standIn.url };
    const args = ["run", "--silent", "search", "--", name];
    return (await promisify(execFile)("npm", args, { cwd: join(__dirname, "../.."), env })).stdout;
  };
  beforeAll(async () => {
    await standIn.start();
    search = new Search({ dsn, copy: { url: standIn.url, patience: 1000, rest } });
  });
  afterAll(async () => {
    await search.close();
    await standIn.kill();
  });

  it("is made by one command, and its state shown by another", async () => {
    expect(await command("rebuild")).toMatch(/^points in it\s+\d+$/m);
    const status = await command("status");
    expect(status).toMatch(/^copy\s+homelab-search-/m);
    expect(status).toMatch(/^changes since\s+0$/m);
  });

  it("finds the same as PostgreSQL alone", async () => {
    for (const embedding of [first.embedding, somewhere(), somewhere()]) {
      const [byCopy, byPostgres] = [await ask(search, embedding, 10), await ask(plain, embedding, 10)];
      expect(byCopy.by).toBe("copy");
      expect(byCopy.hits).toEqual(byPostgres.hits);
    }
  });

  it("finds what is newer than the copy, where it is now, and nothing that was deleted", async () => {
    const added = document(conversation, "added since");
    const [, moved, deleted] = documents as [Document, Document, Document];
    // As far away as can be: some other direction would now and then still be the nearest to where it was.
    const place = Array.from(moved.embedding, (number) => -number);
    await plain.store({ documents: [added, { ...moved, embedding: place }] });
    await client.query("delete from search.documents where id = $1", [deleted.id]);
    const at = async (embedding: ArrayLike<number>) => {
      const answer = await ask(search, embedding);
      expect(answer.by).toBe("copy");
      return { nearest: found(answer)[0], all: found(answer) };
    };
    expect((await at(added.embedding)).nearest).toBe("added since");
    expect((await at(place)).nearest).toBe(moved.content);
    const former = await ask(search, moved.embedding, 1);
    expect(former.hits[0]?.content).not.toBe(moved.content);
    expect((await at(deleted.embedding)).all).not.toContain(deleted.content);

    // What was brought up to date comes from the copy, and is the same.
    const copied = await sync(client, new Qdrant(standIn.url), quiet);
    expect(copied.sent).toBe(2);
    expect((await at(added.embedding)).nearest).toBe("added since");
    await plain.store({ documents: [moved, deleted] });
  });

  it("misses no document that was still being written when the copy was brought up to date", async () => {
    const late = document(conversation, "committed late");
    const writer = new Client({ connectionString: dsn });
    await writer.connect();
    await writer.query("begin");
    await writer.query("insert into search.documents values ($1, $2, $3, $4)", [
      ...[late.id, late.correlationId, late.content, JSON.stringify(Array.from(late.embedding))],
    ]);
    const copying = sync(client, new Qdrant(standIn.url), quiet);
    await sleep(200);
    await writer.query("commit");
    await writer.end();
    await copying;
    expect(found(await ask(search, late.embedding))[0]).toBe("committed late");
  });

  it("goes on without a failure when the copy is killed in the middle, comes back empty, and is recreated", async () => {
    const outcomes: string[] = [];
    let failures = 0;
    let stopped = false;
    const asking = Array.from({ length: 4 }, async (_, lane) => {
      for (let i = lane; !stopped; i += 4) {
        const wanted = documents[i % documents.length] ?? first;
        try {
          const answer = await ask(search, wanted.embedding);
          if (found(answer)[0] !== wanted.content) failures += 1;
          outcomes.push(answer.by);
        } catch {
          failures += 1;
        }
      }
    });
    const answered = async (by: string) => {
      const seen = outcomes.length;
      for (let tries = 0; !outcomes.slice(seen).includes(by); tries += 1) {
        if (tries === 500) throw new Error(`No search was answered by ${by}.`);
        await sleep(20);
      }
    };
    try {
      await answered("copy");
      await standIn.kill();
      await answered("postgres");
      await standIn.start();
      await sleep(2 * rest);
      const seen = outcomes.length;
      await answered("postgres");
      expect(outcomes.slice(seen)).not.toContain("copy");
      await sync(client, new Qdrant(standIn.url), quiet);
      await answered("copy");
    } finally {
      stopped = true;
      await Promise.all(asking);
    }
    expect(failures).toBe(0);
    expect(outcomes.length).toBeGreaterThan(50);
  });
});

describe("the stages in PostgreSQL", () => {
  const file = join(__dirname, "../../lab/state/Pulumi.storage.yaml");
  const before = readFileSync(file, "utf8");
  const set = (key: string, value: string) => {
    well(pulumi("storage", "config", "set", "--path", `homelab:postgres.${key}`, value));
  };
  const running = () => [incarnation("postgres"), incarnation("minio"), incarnation("homelab-firewall")];
  afterAll(() => {
    writeFileSync(file, before);
    well(up("storage"));
  });

  it("take another ef_search without a restart, also in connections that are open", async () => {
    const there = running();
    await client.query("select '[1,2]'::vector <=> '[1,2]'");
    set("search.efSearch", "77");
    expect(well(up("storage")).text).toMatch(/postgres\.service on storage is healthy \(reloaded\)/);
    const { rows } = await client.query("show hnsw.ef_search");
    expect(rows).toEqual([{ "hnsw.ef_search": "77" }]);
    expect((await client.query("show hnsw.iterative_scan")).rows).toEqual([
      { "hnsw.iterative_scan": "strict_order" },
    ]);
    expect(running()).toEqual(there);
  });

  it("take more shared_buffers without a loss: searches and stores wait, and all that was stored is there", async () => {
    const stored: string[] = [];
    const until = { stopped: false };
    const storing = (async () => {
      while (!until.stopped) {
        const next = document(conversation, `stored during the change ${stored.length}`);
        await plain.store({ documents: [next] });
        stored.push(next.id);
        expect(found(await ask(plain, next.embedding))[0]).toBe(next.content);
        await sleep(20);
      }
    })();
    const [former] = running();
    set("sharedBuffers", "96MB");
    expect(await beginUp().ended).toBe(0);
    await sleep(300);
    until.stopped = true;
    await storing;
    expect(running()[0]).not.toBe(former);
    const again = new Client({ connectionString: dsn });
    await again.connect();
    expect((await again.query("show shared_buffers")).rows).toEqual([{ shared_buffers: "96MB" }]);
    const kept = await again.query("select from search.documents where id = any($1::uuid[])", [stored]);
    await again.end();
    expect(stored.length).toBeGreaterThan(5);
    expect(kept.rowCount).toBe(stored.length);
  });
});
