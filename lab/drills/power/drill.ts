import { randomInt } from "node:crypto";
import type { StorageOutputs } from "../../../nodes/storage-outputs";
import { columns } from "../../../cli/terminal";
import { errorMessage } from "../../../packages/errors";
import { lab, onNode } from "../../../tests/support/lab";
import {
  at,
  pairCommand,
  replicaOff,
  replicaOn,
  seconds,
  storagePrimary,
  until,
  committer,
} from "../../../tests/support/pair";
import { byHand, dsnOf, psql } from "../../../tests/support/services";
import { handedOut, nothingToChange } from "../../../tests/support/stack";
import { figuresLine } from "../figures";
import { spread } from "../spread";

/**
 * `make drill-power`: storage loses its power, and what it had not synced, while clients on desktop commit. ROUNDS times (default 50) in all: every
 * PROMOTE-th (default 10) is a promotion of the standby with synchronous commit, and the way back; in the others, with
 * asynchronous replication, storage comes back by itself. What was acknowledged is noted by the clients.
 */
const rounds = Number(process.env.ROUNDS ?? "50");
const every = Number(process.env.PROMOTE ?? "10");
const clients = Number(process.env.CLIENTS ?? "3");
const table = "lab_power";

interface Round {
  readonly kind: "came back" | "promoted";
  readonly acknowledged: number;
  /** Acknowledged and not there afterwards: must be none. */
  readonly lost: number;
  /** Acknowledged and not on the standby when storage had gone. */
  readonly missingOnStandby: number;
  /** From the switch (power on, or the command to promote) until writes are taken, seconds. */
  readonly recovery: number;
  /** From there until both are as before, seconds. */
  readonly back: number;
}

let storage: StorageOutputs;
const agent = () => dsnOf(storage, "agent", "agent_gateway");
const numbers = (node: "storage" | "desktop", from: number) =>
  new Set(
    psql("desktop", at(agent(), node), `SELECT n FROM ${table} WHERE n >= ${from}`).split("\n").map(Number),
  );
const count = (wanted: readonly number[], there: ReadonlySet<number>) =>
  wanted.filter((n) => !there.has(n)).length;
const takesWrites = (node: "storage" | "desktop") =>
  until(
    "desktop",
    at(agent(), node),
    "SET synchronous_commit = local; CREATE TEMP TABLE probe (); SELECT 1",
    "1",
  );

/** Clients commit, and when all have begun to, at a moment that nobody knows before, storage is cut off. */
async function cut(round: number): Promise<{ from: number; acknowledged: number[] }> {
  const from = (round + 1) * 10_000_000;
  const loops = Array.from({ length: clients }, (_, i) => committer(agent(), table, from + i * 1_000_000));
  const began = Date.now();
  while (loops.some((loop) => loop.acknowledged().length === 0)) {
    if (Date.now() - began > 50_000) throw new Error("nothing was committed within 50 seconds");
    await seconds(0.1);
  }
  await seconds(randomInt(0, 2000) / 1000);
  lab("node", "kill", "--lose-cache", "storage");
  await Promise.all(loops.map((loop) => loop.end()));
  return { from, acknowledged: loops.flatMap((loop) => loop.acknowledged()) };
}

async function comesBack(round: number): Promise<Round> {
  const { from, acknowledged } = await cut(round);
  const missingOnStandby = count(acknowledged, numbers("desktop", from));
  const began = Date.now();
  lab("node", "start", "storage");
  takesWrites("storage");
  const recovery = (Date.now() - began) / 1000;
  const lost = count(acknowledged, numbers("storage", from));
  // The standby follows again, or the next round would measure this one too.
  const all = psql("desktop", agent(), `SELECT count(*) FROM ${table}`);
  const back = until("desktop", at(agent(), "desktop"), `SELECT count(*) FROM ${table}`, all);
  return { kind: "came back", acknowledged: acknowledged.length, lost, missingOnStandby, recovery, back };
}

async function isPromoted(round: number): Promise<Round> {
  const { from, acknowledged } = await cut(round);
  const missingOnStandby = count(acknowledged, numbers("desktop", from));
  const began = Date.now();
  const promoted = pairCommand("promote", "desktop");
  if (promoted.code !== 0) throw new Error(promoted.text);
  takesWrites("desktop");
  const recovery = (Date.now() - began) / 1000;
  const lost = count(acknowledged, numbers("desktop", from));
  const then = Date.now();
  lab("node", "start", "storage");
  onNode("storage", "timeout 90 sh -c 'until systemctl is-failed postgres; do sleep 0.5; done'");
  for (const step of [pairCommand("rejoin", "storage"), pairCommand("promote", "--switch-over", "storage")]) {
    if (step.code !== 0) throw new Error(step.text);
  }
  takesWrites("storage");
  const back = (Date.now() - then) / 1000;
  const lostOnTheWay = count(acknowledged, numbers("storage", from));
  onNode("storage", "rm -rf /srv/homelab/postgres/18/docker.before-*");
  return {
    kind: "promoted",
    acknowledged: acknowledged.length,
    lost: Math.max(lost, lostOnTheWay),
    missingOnStandby,
    recovery,
    back,
  };
}

function middle(values: readonly number[]): string {
  const { median, most } = values.length === 0 ? { median: 0, most: 0 } : spread(values);
  return `${median.toFixed(1)} / ${most.toFixed(1)}`;
}

function report(done: readonly Round[]): void {
  const sum = (of: readonly Round[], key: "acknowledged" | "lost" | "missingOnStandby") =>
    of.reduce((all, round) => all + round[key], 0);
  const kinds = [
    ["asynchronous, storage comes back", done.filter(({ kind }) => kind === "came back")],
    ["synchronous, standby promoted", done.filter(({ kind }) => kind === "promoted")],
  ] as const;
  const rows = [
    ["", "rounds", "acknowledged", "lost", "not on standby", "most in a round", "writes again", "as before"],
    ...kinds.map(([name, of]) => [
      name,
      String(of.length),
      String(sum(of, "acknowledged")),
      String(sum(of, "lost")),
      `${sum(of, "missingOnStandby")} in ${of.filter((round) => round.missingOnStandby > 0).length} rounds`,
      String(Math.max(0, ...of.map((round) => round.missingOnStandby))),
      `${middle(of.map((round) => round.recovery))} s`,
      `${middle(of.map((round) => round.back))} s`,
    ]),
  ];
  process.stdout.write("\nTimes: middle / longest.\n");
  for (const line of columns(rows)) process.stdout.write(`${line}\n`);
  process.stdout.write(figuresLine({ acknowledged: sum(done, "acknowledged"), lost: sum(done, "lost") }));
}

async function main(): Promise<void> {
  const done: Round[] = [];
  const promotions = Math.floor(rounds / every);
  const kinds = [
    ...Array<"came back">(rounds - promotions).fill("came back"),
    ...Array<"promoted">(promotions).fill("promoted"),
  ];
  process.stdout.write(
    `${rounds} power cuts, of which ${promotions} end with a promotion; ${clients} clients.\n`,
  );
  let synchronous: boolean | undefined;
  try {
    for (const [round, kind] of kinds.entries()) {
      if (synchronous !== (kind === "promoted")) {
        synchronous = kind === "promoted";
        replicaOn(synchronous);
        storage = handedOut();
        psql("desktop", agent(), `CREATE TABLE IF NOT EXISTS ${table} (n int PRIMARY KEY)`);
      }
      const each = await (kind === "promoted" ? isPromoted(round) : comesBack(round));
      done.push(each);
      process.stdout.write(
        `${String(round + 1).padStart(3)}  ${each.kind}: ${each.acknowledged} acknowledged, ${each.lost} lost, ${each.missingOnStandby} not on the standby; writes again after ${each.recovery.toFixed(1)} s, as before after ${each.back.toFixed(1)} s more\n`,
      );
    }
  } finally {
    report(done);
  }
  replicaOff();
  byHand("agent_gateway", `DROP TABLE IF EXISTS ${table}`);
  nothingToChange();
  if (done.length < rounds || done.some(({ lost }) => lost > 0)) process.exitCode = 1;
}

/** As far as that goes where a round failed: the drills after this one need storage to be the primary. */
function putBack(): void {
  storagePrimary();
  replicaOff();
}

main().catch((error: unknown) => {
  process.exitCode = 1;
  process.stderr.write(`${errorMessage(error)}\n`);
  putBack();
});
