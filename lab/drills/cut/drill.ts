import { randomInt } from "node:crypto";
import type { StorageOutputs } from "../../../nodes/storage-outputs";
import { applySecret, removeSecret } from "../../../remote/secret";
import { closeAll } from "../../../remote/ssh";
import { applyUnit, removeUnit, unitDrift } from "../../../remote/unit/unit";
import { errorMessage } from "../../../packages/errors";
import { receives, script } from "../../../tests/support/backup";
import { lab, onNode } from "../../../tests/support/lab";
import { seconds } from "../../../tests/support/pair";
import { byHand, dsnOf, psql, servicesBack, storeClient } from "../../../tests/support/services";
import {
  beginUp,
  ChangedConfig,
  cut as endRun,
  handedOut,
  nothingToChange,
  preview,
  up,
  well,
} from "../../../tests/support/stack";
import { before, compare, tornOnNode, type Before } from "./checks";
import { figuresLine } from "../figures";
import { figuresOf, findings, inShort, report, type Round } from "./report";
import { bucket, moments, secretOf, table, unitOf, Work } from "./work";

/**
 * `make drill-cut`: storage loses its power, and with it all that was written and not synced, while clients commit and put
 * objects, backups of all kinds are made, and the provider's own code changes units and secrets. ROUNDS times (default 50);
 * in every fifth round desktop goes at the same moment, and in every other fifth an `up` is under way. The cut falls within
 * seconds after something was called done: in turn a backup, a mirror, a copy off storage, a snapshot. Nothing that was
 * acknowledged or called done may be missing or torn afterwards. No round begins after MINUTES.
 */
const rounds = Number(process.env.ROUNDS ?? "50");
const minutes = Number(process.env.MINUTES ?? "1440");
const other = { ...secretOf(0), name: "lab-cut-other" };
const never = new AbortController().signal;
const config = new ChangedConfig("storage");

/** An `up` that changes a setting; the cut may fall anywhere into it. */
const changed = (round: number) => config.with([[["homelab:postgres", "workMem"], `${8 + (round % 20)}MB`]]);

async function oneRound(storage: StorageOutputs, round: number, at: Before, known: string[]): Promise<Round> {
  const from = (round + 1) * 10_000_000;
  const both = round % 5 === 4;
  const upping = round % 5 === 2;
  const moment = moments[round % moments.length] ?? "backup";
  const phase = stopwatch();
  const work = new Work(storage, round, from);
  await work.until(moment, 150);
  await seconds(randomInt(0, 3_000) / 1000);
  const run = upping ? beginUp(...changed(round)) : undefined;
  if (upping) await seconds(randomInt(1000, 9_000) / 1000);
  const said = await work.end(() => {
    lab("node", "kill", "--lose-cache", "storage");
    if (both) lab("node", "kill", "--lose-cache", "desktop");
  });
  if (run !== undefined) await endRun(run);
  const worked = phase();
  lab("node", "start", "storage");
  if (both) lab("node", "start", "desktop");
  const emptied = await secretsBack();
  servicesBack(100);
  const back = phase();
  receives();
  const found = compare(storage, round, from, said, at, known);
  known.splice(0, known.length, ...found.backups);
  const compared = phase();
  const torn = [...found.torn];
  // What was under way goes on, and ends as if nothing had been.
  await applyUnit(unitOf(from), never);
  torn.push(
    ...(await unitDrift(unitOf(from), never)).map(
      (text) => `the unit after another apply: ${JSON.stringify(text)}`,
    ),
  );
  await closeAll();
  if (upping) {
    well(up("storage", ...changed(round)));
    const { code, text } = preview("storage", ...changed(round), "--expect-no-changes");
    if (code !== 0) torn.push(`after another up there is still something to change:\n${text}`);
  }
  const took = { worked, back, compared, "went on": phase() };
  return { moment, both, emptied, compared: found.compared, torn, back, took };
}

/** @returns the seconds since it was asked last */
function stopwatch(): () => number {
  let last = Date.now();
  return () => {
    const before = last;
    last = Date.now();
    return (last - before) / 1000;
  };
}

/**
 * podman rewrites the files with all its secrets in place: a cut at that moment empties them, and what needs a secret does
 * not start until a run goes on with what was cut off.
 * @returns whether it was so
 */
async function secretsBack(): Promise<boolean> {
  const readable =
    "ids=$(podman secret ls --quiet) && [ $(podman secret inspect --showsecret --format whole $ids | grep -c whole) = $(wc -w <<<$ids) ]";
  const said = onNode("storage", `{ ${readable}; } 2>/dev/null && echo yes || echo no`);
  if (said.trim() === "yes") return false;
  await applySecret(other, never);
  well(up("storage"));
  return true;
}

function prepare(storage: StorageOutputs): Before {
  psql(
    "desktop",
    dsnOf(storage, "agent", "agent_gateway"),
    `DROP TABLE IF EXISTS ${table}; CREATE TABLE ${table} (n int PRIMARY KEY)`,
  );
  onNode(
    "desktop",
    "mkdir -p /srv/homelab-files && echo 0 >/srv/homelab-files/lab-cut && /usr/local/lib/homelab/backup-files/files.sh",
  );
  for (const [name, ...args] of [
    ["restore.sh", "backup", "--accept-smaller"],
    ["buckets.sh", "--accept-smaller"],
    ["off-node.sh"],
  ]) {
    const { code, said } = script(name ?? "", ...args);
    if (code !== 0) throw new Error(said);
  }
  return before();
}

async function tidy(): Promise<void> {
  byHand("agent_gateway", `DROP TABLE IF EXISTS ${table}`);
  // It says a line for each object, and of fifty rounds there are fifteen thousand.
  storeClient(`rm --recursive --force root/${bucket}/lab-cut >/dev/null`);
  await removeUnit(unitOf(1), never);
  for (const one of [secretOf(0), other]) await removeSecret(one, never);
  await closeAll();
  onNode("storage", "rm -rf /etc/lab-cut /var/lib/homelab/keeps/lab-cut.service");
  onNode("desktop", "rm -rf /srv/homelab-files");
  well(up("storage"));
  config.remove();
}

async function main(): Promise<void> {
  const storage = handedOut();
  const at = prepare(storage);
  const done: Round[] = [];
  const known = [...at.backups];
  process.stderr.write(`${rounds} power cuts that lose what was not synced.\n`);
  try {
    const last = Date.now() + 60_000 * minutes;
    for (let round = 0; round < rounds && Date.now() < last; round += 1) {
      const each = await oneRound(storage, round, at, known);
      done.push(each);
      process.stderr.write(`${String(round + 1).padStart(3)}  ${inShort(each)}\n`);
      for (const line of findings(each)) process.stderr.write(`     ${line}\n`);
    }
  } finally {
    if (done.length > 0) process.stdout.write(`${report(done)}\n${figuresLine(figuresOf(done))}`);
  }
  // What is older than a round is not read again in each: once more all of it, at the end.
  const all = tornOnNode(done.length, []);
  process.stdout.write(
    `All base backups, dumps and WAL of all rounds read again: ${all.length === 0 ? "whole" : `TORN\n${all.join("\n")}`}.\n`,
  );
  const drill = script("restore.sh", "drill");
  process.stdout.write(
    `The newest backup restored aside and compared afterwards: ${drill.code === 0 ? "equal" : `NOT EQUAL\n${drill.said}`}.\n`,
  );
  await tidy();
  nothingToChange();
  if (drill.code !== 0 || all.length > 0 || done.some((round) => findings(round).length > 0))
    process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
});
