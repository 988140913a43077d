import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { eachOf } from "../../packages/objects";
import { refusal, s3Request, type S3Access, type S3Request } from "../../packages/s3";
import type { Context } from "../../provider/handler";
import { contentsBy } from "../../provider/handlers/seaweedfs/contents";
import type { ContentsInputs } from "../../provider/handlers/seaweedfs/inputs";
import { Weed } from "../support/weed";

/**
 * Two SeaweedFS as the house makes them of storage and desktop, each with a disk, a filer and S3, that keep each object twice. The
 * first is taken away with its disk while clients write, and comes back with an empty one; then the second.
 */
const { signal } = new AbortController();
const ctx: Context = { signal, log: { info: () => undefined, warn: () => undefined } };
const ask = (access: S3Access, request: S3Request) => s3Request(access, request, AbortSignal.timeout(30_000));
const contentOf = (path: string) => path.repeat(200);
const paths = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => `/${i % 2 === 0 ? "kept" : "plain"}/${name}/${i}`);

/** Puts all. @param done gets those that are acknowledged */
async function put(to: Weed, all: readonly string[], done: string[] = []): Promise<string[]> {
  await eachOf(all, signal, async (path) => {
    if (refusal(await ask(to.root, { method: "PUT", path, body: contentOf(path) })) === "") done.push(path);
  });
  return done;
}

async function missing(from: Weed, all: readonly string[]): Promise<string[]> {
  const lost: string[] = [];
  await eachOf(all, signal, async (path) => {
    const { status, body } = await ask(from.root, { method: "GET", path });
    if (status !== 200 || body !== contentOf(path)) lost.push(`${path}: ${status}`);
  });
  return lost;
}

const seconds = (since: number) => (Date.now() - since) / 1000;
const say = (text: string) => process.stderr.write(`${text}\n`);

describe("a second copy of each object", () => {
  const storage = new Weed();
  const desktop = new Weed();
  const handler = contentsBy(() => ({
    shell: (commands, filer) => storage.shell(commands, filer),
    restart: () => storage.restart(),
  }));
  let all: string[] = [];

  const inputs = (required: boolean): ContentsInputs => ({
    connection: {
      node: "storage",
      host: "127.0.0.1",
      port: storage.settings.apiPort,
      user: "root",
      hostKey: "",
    },
    ...{ endpoint: storage.endpoint, place: storage.place, user: storage.user, password: storage.password },
    copies: required
      ? { replication: "010", other: { node: "desktop", filer: desktop.place.filer } }
      : { replication: "000" },
    buckets: { kept: { versioned: true }, plain: { versioned: false } },
    users: {},
  });
  const drift = (required: boolean) => handler.drift(inputs(required), ctx, {});
  /** Until every volume is on both. */
  const twice = () =>
    vi.waitFor(
      async () => {
        const copies = [...(await storage.shell(["volume.list"])).matchAll(/\bId:(\d+), /g)].map(
          ([, id = ""]) => id,
        );
        expect(copies.length).toBeGreaterThan(0);
        for (const id of copies) expect([id, copies.filter((other) => other === id).length]).toEqual([id, 2]);
      },
      { timeout: 280_000, interval: 2000 },
    );

  beforeAll(async () => {
    storage.peer = { node: "storage" };
    await storage.start();
    await handler.apply(inputs(false), ctx, undefined);
    all = await put(storage, paths("once", 100));
    expect(all).toHaveLength(100);
  });
  afterAll(async () => {
    await storage.stop();
    await desktop.stop();
  });

  it("is made of what was kept once, when it is required; before the other node has joined it is refused", async () => {
    expect((await drift(true)).join()).toContain(
      "desktop keeps the second copy of each object, and SeaweedFS there is not known",
    );
    desktop.peer = { node: "desktop", follows: storage };
    await desktop.start();
    storage.peer = { node: "storage", required: true };
    await storage.restart();
    await vi.waitFor(
      async () => {
        expect((await drift(true)).join()).toMatch(
          /volumes are kept once, and should be kept on desktop too/,
        );
      },
      {
        timeout: 60_000,
        interval: 1000,
      },
    );
    await handler.apply(inputs(true), ctx, inputs(false));
    expect(await drift(true)).toEqual([]);
    await twice();
  });

  it("lets nobody in who does not show the house's certificate, and gives nothing out without a key", async () => {
    await expect(storage.shell(["volume.list"], storage.place.filer, tmpdir())).rejects.toThrow();
    const chunk = await fetch(`http://127.0.0.1:${storage.volumePort}/1,01637037d6`);
    expect(chunk.status).toBe(401);
  });

  it("is there for all that was acknowledged, and both answer for it", async () => {
    const more = await put(storage, paths("before", 300));
    expect(more).toHaveLength(300);
    all = [...all, ...more];
    await expect.poll(() => missing(desktop, all), { timeout: 60_000 }).toEqual([]);
  });

  it("serves them all when the first is lost with its disk, also those of the last moment", async () => {
    const done: string[] = [];
    const writing = put(storage, paths("last", 20_000), done).catch(() => undefined);
    await vi.waitUntil(() => done.length > 100, { timeout: 60_000, interval: 20 });
    await storage.kill();
    const lost = Date.now();
    await writing;
    rmSync(join(storage.folder, "data"), { recursive: true });
    all = [...all, ...done];
    await expect.poll(() => missing(desktop, all), { timeout: 60_000 }).toEqual([]);
    say(
      `all ${all.length} are read from the second after ${seconds(lost)} s, ${done.length} of them put until the last moment`,
    );
  });

  it("is whole again when the first comes back with an empty disk, without a hand but its up", async () => {
    const began = Date.now();
    await storage.start();
    // At home its unit counts as up from then on.
    await expect
      .poll(async () => (await drift(true)).join(), { timeout: 60_000, interval: 500 })
      .not.toContain("not known");
    await handler.apply(inputs(true), ctx, inputs(true));
    // What was there once more has no second place yet, so this takes a volume of its own.
    await expect
      .poll(() => put(storage, ["/kept/meanwhile"]), { timeout: 120_000 })
      .toEqual(["/kept/meanwhile"]);
    all.push("/kept/meanwhile");
    say(`the first has its buckets again after ${seconds(began)} s`);
    await expect.poll(() => missing(storage, all), { timeout: 120_000 }).toEqual([]);
    say(`the first answers for all after ${seconds(began)} s`);
    await twice();
    say(`all volumes are there twice again after ${seconds(began)} s`);
    expect(await drift(true)).toEqual([]);
    const more = await put(storage, paths("after", 50));
    expect(more).toHaveLength(50);
    all = [...all, ...more];
  });

  it("is made again when it is the second that was lost with its disk; nothing is put meanwhile", async () => {
    await desktop.kill();
    rmSync(join(desktop.folder, "data"), { recursive: true });
    expect(await missing(storage, all)).toEqual([]);
    // It is refused, or not answered at all.
    expect(await put(storage, ["/plain/alone"]).catch(() => [])).toEqual([]);
    await expect.poll(() => storage.short(), { timeout: 60_000 }).toBeGreaterThan(0);
    await desktop.start();
    await twice();
    await expect.poll(() => storage.short(), { timeout: 60_000 }).toBe(0);
    await expect
      .poll(() => put(storage, ["/plain/together"]), { timeout: 60_000 })
      .toEqual(["/plain/together"]);
    all.push("/plain/together");
    await storage.kill();
    await expect.poll(() => missing(desktop, all), { timeout: 120_000 }).toEqual([]);
  });
});
