import { columns } from "../../../cli/terminal";
import { errorMessage } from "../../../packages/errors";
import { now, query, Receiver, until } from "../../../tests/support/alerts";
import { beginOnNode, onNode } from "../../../tests/support/lab";
import { alone, together, type Fault } from "./faults";

/**
 * `make drill-alerts`: each fault is really made on the lab's machines, and it is measured how long it takes until the receiver
 * has the message. What can be made at once is, so that it is seen that one alert does not silence another.
 */
interface Told {
  readonly fault: Fault;
  /** Seconds; undefined when it was not told. */
  readonly after: number | undefined;
}

const full = (process.env.FULL ?? "") !== "";
const wanted = (faults: readonly Fault[]) => faults.filter(({ slow }) => full || slow !== true);
const say = (text: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
const attempt = (fault: Fault, bash: string) => {
  try {
    onNode(fault.on, bash);
  } catch (error) {
    say(`${fault.alert}: ${errorMessage(error)}`);
  }
};

async function ready(fault: Fault): Promise<void> {
  onNode(fault.on, fault.mends);
  if (fault.ready !== undefined) onNode(fault.on, fault.ready);
  const { seen } = fault;
  if (seen === undefined) return;
  await until(
    `that Prometheus sees what is about to break (${fault.what})`,
    () => {
      now(fault.on, "homelab-metrics.service");
      return query(seen).length > 0 ? true : undefined;
    },
    120,
  );
}

/** Breaks it, and waits until it was told. */
async function make(fault: Fault, receiver: Receiver): Promise<Told> {
  const began = Date.now();
  // It goes on by itself: some faults take a while to make.
  beginOnNode(fault.on, fault.breaks).stdin.end();
  try {
    const told = await until(
      `that ${fault.alert} was told`,
      () => receiver.about({ alertname: fault.alert, ...fault.labels }).find(({ at }) => at >= began),
      fault.limit,
    );
    return { fault, after: (told.at - began) / 1000 };
  } catch (error) {
    say(errorMessage(error));
    return { fault, after: undefined };
  }
}

async function main(): Promise<void> {
  const receiver = new Receiver();
  await receiver.open();
  const told: Told[] = [];
  const faults = [...wanted(together), ...wanted(alone)];
  try {
    for (const fault of wanted(together)) await ready(fault);
    say(`${wanted(together).length} faults are made at once`);
    told.push(...(await Promise.all(wanted(together).map((fault) => make(fault, receiver)))));
    for (const fault of wanted(together)) attempt(fault, fault.mends);
    for (const fault of wanted(alone)) {
      await ready(fault);
      say(fault.what);
      told.push(await make(fault, receiver));
      attempt(fault, fault.mends);
    }
  } finally {
    for (const fault of faults) attempt(fault, fault.mends);
    receiver.close();
  }
  process.stdout.write(
    `${columns([
      ["Alert", "What was done", "Told after", "Must be within"],
      ...told.map(({ fault, after }) => [
        ...[fault.alert, `${fault.what} (${fault.on})`],
        ...[after === undefined ? "not told" : `${after.toFixed(0)} s`, `${fault.limit} s`],
      ]),
    ]).join("\n")}\n`,
  );
  const missed = told.filter(({ after }) => after === undefined).length;
  process.stdout.write(`${told.length - missed} told, ${missed} not told\n`);
  if (missed > 0 || told.length < faults.length) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
});
