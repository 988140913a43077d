import { randomInt } from "node:crypto";
import { errorMessage } from "../../../packages/errors";
import { seconds } from "../../../tests/support/pair";
import { figuresLine } from "../figures";
import { here, onDesktop, type Place } from "./places";
import {
  answers,
  compare,
  count,
  Publishers,
  rate,
  removeStreams,
  type Acknowledged,
  type Nats,
} from "./streams";
import { atOnce, figuresOf, table, type Round, type Setting } from "./table";

/**
 * `make drill-nats`: desktop loses its power, and what it had not synced, while clients publish to JetStream and wait for
 * acknowledgements: into a stream of all rounds, into one that the round made, and newest values of keys. ROUNDS times
 * (default 50) with the house's default, `syncInterval: always`: nothing acknowledged may be missing or torn. A fifth as
 * often (OTHERS) with NATS' own default, for the figure. Messages per second of both. HERE=1: the server on this computer
 * and a disk of its own in the place of desktop, without a lab.
 */
const rounds = Number(process.env.ROUNDS ?? "50");
const others = Number(process.env.OTHERS ?? Math.max(1, Math.round(rounds / 5)));
const place = (process.env.HERE ?? "") === "" ? onDesktop : here;
const say = (text: string) => process.stderr.write(`${text}\n`);

async function oneRound(at: Place, round: number, all: Acknowledged[]): Promise<Round> {
  const publishers = await Publishers.begin(at.nats, round, (round + 1) * 10_000_000);
  await publishers.until();
  await seconds(randomInt(500, 6_000) / 1000);
  const said = await publishers.end(() => at.cut());
  all.push(said);
  const began = Date.now();
  await at.start();
  await answers(at.nats);
  const back = (Date.now() - began) / 1000;
  const { lost, torn } = await compare(at.nats, said);
  return { acknowledged: count(said), lost, torn: [...torn, ...said.failures], back };
}

async function withSetting(syncInterval: string, times: number): Promise<Setting> {
  const at = await place(syncInterval);
  try {
    await removeStreams(at.nats);
    const rates: Record<number, number> = {};
    for (const outstanding of atOnce) rates[outstanding] = await rate(at.nats, outstanding);
    say(`${times} power cuts of ${at.name} with syncInterval: ${syncInterval}.`);
    const done: Round[] = [];
    const all: Acknowledged[] = [];
    for (let round = 0; round < times; round += 1) {
      const each = await oneRound(at, round, all);
      done.push(each);
      const { acknowledged, lost, torn, back } = each;
      say(
        `${String(round + 1).padStart(3)}  acknowledged ${acknowledged}, lost ${lost.length}, torn ${torn.length}; back after ${back.toFixed(1)} s`,
      );
      for (const text of [...lost.slice(0, 3), ...torn.slice(0, 3)]) say(`     ${text}`);
    }
    const later = syncInterval === "always" ? await onceMore(at.nats, all) : [];
    await removeStreams(at.nats);
    return { syncInterval, rounds: done, later, rates };
  } finally {
    await at.end();
  }
}

/** What came back after its own cut may have gone in a later one. @returns what did, a sentence each */
async function onceMore(nats: Nats, all: readonly Acknowledged[]): Promise<string[]> {
  const found: string[] = [];
  for (const said of all) {
    // Of keys only the newest value is kept.
    const { lost, torn } = await compare(nats, { ...said, keys: new Map() });
    found.push(...lost, ...torn);
  }
  for (const text of found) say(`     after all rounds: ${text}`);
  return found;
}

async function main(): Promise<void> {
  const done: Setting[] = [];
  try {
    done.push(await withSetting("always", rounds));
    if (others > 0) done.push(await withSetting("2m", others));
  } finally {
    const [first] = done;
    if (first !== undefined) process.stdout.write(`${table(done)}${figuresLine(figuresOf(first))}`);
  }
  const [first] = done;
  if (
    first === undefined ||
    first.later.length > 0 ||
    first.rounds.some(({ lost, torn }) => lost.length + torn.length > 0)
  )
    process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
});
