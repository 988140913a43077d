/**
 * make drill-wipe [ROUNDS=20] [MINUTES=1440]: compute is killed and its disk deleted while desktop's clients work; then it is
 * recreated and its stack is upped. Nothing acknowledged may be missing afterwards, and no search in PostgreSQL may have failed.
 */
import { errorMessage } from "../../../packages/errors";
import { homelabCommand } from "../../../tests/support/command";
import { lab } from "../../../tests/support/lab";
import { up, well } from "../../../tests/support/stack";
import { until } from "../../../tests/support/until";
import { figuresLine } from "../figures";
import { spread } from "../spread";
import * as desktop from "./desktop";
import { table } from "./table";

const writers = ["dagster", "mlflow", "embeddings"] as const;
const clients = [...writers, "search"] as const;

interface Round {
  /** Killed, disk deleted, recreated, answers by SSH. */
  readonly wipe: number;
  /** From there on: the stack's up. */
  readonly up: number;
  /** From the bare machine to the first run of Dagster that succeeded. */
  readonly run: number;
  readonly audit: string;
}

interface Told {
  readonly acknowledged: number;
  readonly lost: number;
  readonly refused: number;
}
interface Compared {
  readonly dagster: Told;
  readonly mlflow: Told;
  readonly embeddings: Told;
  readonly search: { asked: number; failed: number; empty: number; slowest: number };
}

const say = (text: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
const seconds = () => Date.now() / 1000;

/** Nothing on compute may be the only copy of anything. @throws Error with the list otherwise */
function audited(): string {
  const { code, text } = homelabCommand("audit", ["compute", "--no-remember"], 300);
  if (code === 0) return "nothing";
  throw new Error(`the audit before the kill ended with ${code}:\n${text}`);
}

async function round(number: number): Promise<Round> {
  const began = desktop.clock();
  await until(
    "that every writer has something acknowledged",
    () => writers.every((writer) => desktop.noted(writer, began).length > 0) || undefined,
    900,
  );
  const audit = audited();
  // At a moment that nobody chose.
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 5_000));
  const killed = seconds();
  lab("node", "wipe", "compute");
  const bare = seconds();
  const bareThere = desktop.clock();
  well(up("compute"));
  const upped = seconds();
  const first = await until(
    "the first run of Dagster",
    () => desktop.noted("dagster").find(({ begun = 0 }) => begun >= bareThere)?.at,
    1_200,
  );
  const result = { wipe: bare - killed, up: upped - bare, run: first - bareThere, audit };
  say(`round ${number}: up ${result.up.toFixed(0)} s, bare machine to first run ${result.run.toFixed(0)} s`);
  return result;
}

/** A number from the environment. @throws Error when it is none */
function given(name: string, otherwise: number): number {
  const number = Number(process.env[name] ?? otherwise);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new Error(`${name} is "${process.env[name] ?? ""}": a whole number from 1 on.`);
}

async function main(): Promise<number> {
  const rounds = given("ROUNDS", 20);
  const minutes = given("MINUTES", 1_440);
  lab("cluster", "services");
  say("clients begin on desktop");
  desktop.prepare();
  const done: Round[] = [];
  const last = seconds() + 60 * minutes;
  let failure: Error | undefined;
  try {
    desktop.begin(writers);
    await until("embeddings to search in", () => desktop.noted("embeddings").length > 0 || undefined, 900);
    desktop.begin(["search"]);
    for (let number = 1; number <= rounds && seconds() < last; number += 1) done.push(await round(number));
  } catch (error) {
    // What the rounds before it came to is told all the same.
    failure = error instanceof Error ? error : new Error(String(error));
  } finally {
    desktop.end(clients);
  }
  if (failure !== undefined && done.length === 0) throw failure;
  say("what was acknowledged is looked for in PostgreSQL and the object store");
  const compared = desktop.once("compare") as Compared;
  desktop.clean();
  process.stdout.write(report(done, compared));
  const acknowledged = writers.reduce((sum, writer) => sum + compared[writer].acknowledged, 0);
  const lost = writers.reduce((sum, writer) => sum + compared[writer].lost, 0);
  process.stdout.write(figuresLine({ acknowledged, lost }));
  if (failure !== undefined) throw failure;
  return lost > 0 || compared.search.failed > 0 ? 1 : 0;
}

function report(done: readonly Round[], { search, ...written }: Compared): string {
  const whole = (number: number) => number.toFixed(0);
  const rows = done.map(({ wipe, up: upped, run, audit }, at) => [
    String(at + 1),
    audit,
    ...[wipe, upped, run].map(whole),
  ]);
  const columns = [({ wipe }: Round) => wipe, ({ up: upped }: Round) => upped, ({ run }: Round) => run];
  const sums = columns.map((column) => spread(done.map(column)));
  const of = (key: "least" | "median" | "most") => sums.map((sum) => whole(sum[key]));
  return [
    table(
      ["round", "audit: to lose", "wiped, s", "up, s", "bare to first run, s"],
      [
        ...rows,
        ["minimum", "", ...of("least")],
        ["median", "", ...of("median")],
        ["maximum", "", ...of("most")],
      ],
    ),
    table(
      ["written by desktop", "acknowledged", "lost", "refused meanwhile"],
      Object.entries(written).map(([what, told]) => [
        what,
        ...[told.acknowledged, told.lost, told.refused].map(String),
      ]),
    ),
    table(
      ["search in PostgreSQL", "asked", "failed", "slowest, s"],
      [["5 a second", String(search.asked), String(search.failed), search.slowest.toFixed(2)]],
    ),
  ].join("\n");
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${errorMessage(error)}\n`);
    process.exitCode = 2;
  },
);
