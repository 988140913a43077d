/** Both engines of the object store side by side, as real programs on loopback: `tsx lab/bench/objects/measure.ts [record]`. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import * as s3 from "@aws-sdk/client-s3";
import { atOnce, eachOf } from "../../../packages/objects";
import { clientOf } from "../../../tests/objects/client";
import { engineNames, startEngine, type EngineName } from "../../../tests/objects/engines";
import { record } from "../record";
import { grid } from "../results";

const never = new AbortController().signal;
const rounds = 3;
const small = { count: 400, bytes: 4 << 10 };
const large = { count: 16, bytes: 16 << 20 };
const Bucket = "plain";

type Figures = Readonly<Record<string, number>>;

/** MiB that a process holds. */
function resident(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}

async function seconds(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return (performance.now() - began) / 1000;
}

async function measured(name: EngineName): Promise<Figures> {
  const engine = await startEngine(
    name,
    { buckets: { plain: { versioned: false } }, users: {} },
    { syncWrites: true },
  );
  try {
    const client = clientOf(engine.root);
    const figures: Record<string, number> = { "memory at rest, MiB": resident(engine.pid) };
    const best = async (what: string, amount: number, act: (round: number) => Promise<unknown>) => {
      let least = Infinity;
      for (let round = 0; round < rounds; round += 1)
        least = Math.min(least, await seconds(() => act(round)));
      figures[what] = amount / least;
    };
    for (const [size, { count, bytes }] of Object.entries({ small, large })) {
      const Body = randomBytes(bytes);
      const keys = (round: number) => Array.from({ length: count }, (_, i) => `${size}/${round}/${i}`);
      const amount = size === "small" ? count : (count * bytes) / (1 << 20);
      const unit = size === "small" ? "4 KiB, objects/s" : "16 MiB, MiB/s";
      await best(`put ${unit}`, amount, (round) =>
        eachOf(keys(round), never, (Key) => client.send(new s3.PutObjectCommand({ Bucket, Key, Body }))),
      );
      await best(`get ${unit}`, amount, (round) =>
        eachOf(keys(round), never, async (Key) =>
          (await client.send(new s3.GetObjectCommand({ Bucket, Key }))).Body?.transformToByteArray(),
        ),
      );
    }
    await best(`list ${small.count * rounds} keys, keys/s`, small.count * rounds, async () => {
      for await (const page of s3.paginateListObjectsV2({ client }, { Bucket, Prefix: "small/" }))
        if (page.Contents === undefined) throw new Error("A list is empty.");
    });
    figures["memory afterwards, MiB"] = resident(engine.pid);
    return figures;
  } finally {
    await engine.stop();
  }
}

async function main(): Promise<void> {
  const before = loadavg()[0] ?? 0;
  const by = new Map<EngineName, Figures>();
  for (const name of engineNames) by.set(name, await measured(name));
  const [minio = {}, seaweedfs = {}] = engineNames.map((name) => by.get(name));
  const rows = Object.entries(minio).map(([what, one]) => {
    const other = seaweedfs[what] ?? NaN;
    return [what, one.toFixed(0), other.toFixed(0), `${(other / one).toFixed(2)}×`];
  });
  const load = [before, loadavg()[0] ?? 0].sort((a, b) => a - b).map((one) => one.toFixed(0));
  const text = [
    "Written by `lab/bench/objects/run --record`: both engines as the house runs them (SeaweedFS with fsync), one after the other, real programs on loopback, " +
      `${atOnce} requests at once by one client, the best of ${rounds} rounds.`,
    "",
    `${new Date().toISOString().slice(0, 10)}: ${cpus().length} cores, load ${load.join(" to ")} (above ${cpus().length} the computer was busy with other things: compare the columns, do not take the figures as such).`,
    "",
    grid([["", "MinIO", "SeaweedFS", "SeaweedFS to MinIO"], ...rows]),
  ].join("\n");
  process.stdout.write(`${text}\n`);
  if (process.argv[2] === "record") record("Objects", text);
}

void main();
