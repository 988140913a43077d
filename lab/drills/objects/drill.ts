import { randomInt } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ruled } from "../../../cli/terminal";
import { errorMessage } from "../../../packages/errors";
import { engineNames, startEngine, type EngineName } from "../../../tests/objects/engines";
import { CutDisk } from "../../../tests/support/cut-disk";
import { figuresLine } from "../figures";
import { spread, sum } from "../spread";
import { buckets, Clients, compare, count } from "./clients";
import { Program, programNames } from "./programs";

/**
 * `make drill-objects`: an engine of the object store, as the real program on this computer, loses its power and what it had
 * not synced, while clients put objects and overwrite others, with versions and without: MLflow's and Dagster's own, out of the
 * lab's images, and plain ones. ROUNDS times (default 50) for each engine of ENGINES (default minio; both: minio,seaweedfs).
 * Nothing acknowledged may be missing or torn: no object, no newest value, no version.
 */
const rounds = Number(process.env.ROUNDS ?? "50");
const asked = (process.env.ENGINES ?? "minio").split(",");
const names = engineNames.filter((name) => asked.includes(name));
const say = (text: string) => process.stderr.write(`${text}\n`);

interface Round {
  readonly acknowledged: number;
  readonly lost: readonly string[];
  readonly torn: readonly string[];
  /** From power on until the engine answers, seconds. */
  readonly back: number;
}

async function cuts(name: EngineName): Promise<Round[]> {
  const disk = await CutDisk.make();
  const engine = await startEngine(
    name,
    { buckets, users: {} },
    { folder: join(disk.path, name), syncWrites: true },
  );
  const done: Round[] = [];
  const programs: Program[] = [];
  say(`${rounds} power cuts of ${name}.`);
  try {
    for (const one of programNames) programs.push(await Program.start(one, engine.root));
    for (let round = 0; round < rounds; round += 1) {
      const clients = new Clients(engine.root, round, (round + 1) * 10_000_000, programs);
      await clients.until();
      await sleep(randomInt(500, 5_000));
      const said = await clients.end(
        () => disk.lose(engine.pid),
        () => engine.kill(),
      );
      await disk.again();
      const began = Date.now();
      await engine.again();
      const back = (Date.now() - began) / 1000;
      const { lost, torn } = await compare(engine.root, said);
      const each = { acknowledged: count(said), lost, torn: [...torn, ...said.failures], back };
      done.push(each);
      say(
        `${String(round + 1).padStart(3)}  ${name}: acknowledged ${each.acknowledged}, lost ${lost.length}, torn ${each.torn.length}; back after ${back.toFixed(1)} s`,
      );
      for (const text of [...lost.slice(0, 3), ...each.torn.slice(0, 3)]) say(`     ${text}`);
    }
  } catch (error) {
    say(`${name}: ${errorMessage(error)}`);
    process.exitCode = 1;
  }
  for (const program of programs) program.stop();
  await engine.kill();
  await disk.remove();
  return done;
}

async function main(): Promise<void> {
  if (names.length < asked.length)
    throw new Error(`ENGINES is ${asked.join(",")}: it takes ${engineNames.join(" and ")}.`);
  const rows: string[][] = [];
  const figures = { acknowledged: 0, lost: 0 };
  for (const name of names) {
    const done = await cuts(name);
    if (done.length === 0) continue;
    const acknowledged = sum(done.map((round) => round.acknowledged));
    const lost = sum(done.map((round) => round.lost.length));
    const torn = sum(done.map((round) => round.torn.length));
    const back = spread(done.map((round) => round.back));
    rows.push([
      ...[name, String(done.length), String(acknowledged), String(lost), String(torn)],
      `${back.median.toFixed(1)} / ${back.most.toFixed(1)} s`,
    ]);
    figures.acknowledged += acknowledged;
    figures.lost += lost;
    if (lost + torn > 0) process.exitCode = 1;
  }
  for (const line of ruled(
    ["engine", "cuts", "acknowledged", "lost", "torn", "back (median / longest)"],
    rows,
    (column) => column > 0,
  ).split("\n"))
    process.stdout.write(`${line}\n`);
  process.stdout.write(figuresLine(figures));
}

main().catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
});
