import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { eachOf } from "../../packages/objects";
import { refusal, s3Request, type S3Access, type S3Request } from "../../packages/s3";
import { Weed } from "../support/weed";

/**
 * The step beyond one machine, tried before it is part of the house: two SeaweedFS, each with a disk, a filer and S3, that keep
 * each object twice. The second is a member of the first, until that one is lost with its disk.
 */
const { signal } = new AbortController();
const ask = (access: S3Access, request: S3Request) => s3Request(access, request, signal);
const contentOf = (path: string) => path.repeat(200);
const paths = (name: string, count: number) => Array.from({ length: count }, (_, i) => `/kept/${name}/${i}`);

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
  /** It copies no volume from a loopback address otherwise. */
  const here = "-volume.allowUntrustedRemoteEndpoints";
  const twice = "-master.defaultReplication=010";
  const enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
  let all: string[] = [];

  beforeAll(async () => {
    storage.more = ["-rack=storage", here, twice];
    await storage.start();
    desktop.follows = storage;
    desktop.more = ["-rack=desktop", here];
    await desktop.start();
    await vi.waitFor(
      async () => {
        expect(await storage.shell(["volume.list"])).toMatch(/Rack desktop[^]*Rack storage/);
      },
      { timeout: 120_000, interval: 1000 },
    );
    await storage.shell(["fs.configure -locationPrefix=/buckets/ -fsync=true -volumeGrowthCount=1 -apply"]);
    expect(refusal(await ask(storage.root, { method: "PUT", path: "/kept" }))).toBe("");
    expect(
      refusal(
        await ask(storage.root, { method: "PUT", path: "/kept", query: { versioning: "" }, body: enabled }),
      ),
    ).toBe("");
  });
  afterAll(async () => {
    await storage.stop();
    await desktop.stop();
  });

  it("is there for all that was acknowledged, and both answer for it", async () => {
    all = await put(storage, paths("before", 300));
    expect(all).toHaveLength(300);
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
    say(`${(await missing(desktop, all)).length} of ${all.length} not read while there is no master`);
    await desktop.kill("SIGTERM");
    desktop.follows = undefined;
    desktop.more = ["-rack=desktop", here, twice];
    await desktop.start();
    say(`the second has a master of its own after ${seconds(lost)} s`);
    await expect.poll(() => missing(desktop, all), { timeout: 60_000 }).toEqual([]);
    say(
      `all ${all.length} are read from the second after ${seconds(lost)} s, ${done.length} of them put until the last moment`,
    );
  });

  it("is whole again when the first comes back with an empty disk", async () => {
    const began = Date.now();
    storage.follows = desktop;
    storage.more = ["-rack=storage", here];
    await storage.start();
    await expect.poll(() => missing(storage, all), { timeout: 120_000 }).toEqual([]);
    say(`the first has its metadata again after ${seconds(began)} s`);
    await vi.waitFor(
      async () => {
        await desktop.shell(["lock", "volume.fix.replication -apply", "unlock"]);
        const copies = [...(await desktop.shell(["volume.list"])).matchAll(/volume Id:(\d+)/g)].map(
          ([, id = ""]) => id,
        );
        expect(copies.length).toBeGreaterThan(0);
        for (const id of copies) expect([id, copies.filter((other) => other === id).length]).toEqual([id, 2]);
      },
      { timeout: 240_000, interval: 5000 },
    );
    say(`all volumes are there twice again after ${seconds(began)} s`);
    // Only the first copy is left.
    await desktop.kill();
    rmSync(join(desktop.folder, "data"), { recursive: true });
    await storage.kill("SIGTERM");
    storage.follows = undefined;
    storage.more = ["-rack=storage", here, twice];
    await storage.start();
    await expect.poll(() => missing(storage, all), { timeout: 60_000 }).toEqual([]);
  });
});
