import { columns } from "../../../cli/terminal";
import { errorMessage } from "../../../packages/errors";
import { isOver, now, query, Receiver, type Message } from "../../../tests/support/alerts";
import { until } from "../../../tests/support/until";
import { beginOnNode, lab, onNode } from "../../../tests/support/lab";
import { nodeNames } from "../../../topology";
import { hasCluster } from "../list";
import { alone, together, type Fault } from "./faults";
import { quiet } from "./quiet";
import { rulesFor, waits } from "./rules";

/**
 * `make drill-alerts`: first what must tell nobody anything, then each fault, really made on the lab's machines, and how long
 * it takes until the receiver has the message. What can be made at once is, so that it is seen that one alert does not silence
 * another. FULL=1 leaves the rules their own waits, up to an hour; QUICK=1 leaves out what takes minutes by itself.
 */
interface Told {
  readonly fault: Fault;
  /** Seconds; undefined when it was not told. */
  readonly after: number | undefined;
}

const given = (name: string) => (process.env[name] ?? "") !== "";
const [full, quick] = [given("FULL"), given("QUICK")];
const only = (process.env.ALERTS ?? "").split(",").filter((name) => name !== "");
const wanted = (faults: readonly Fault[]) =>
  faults.filter(
    ({ slow, cluster, alert }) =>
      !(quick && slow === true) &&
      !(cluster === true && !hasCluster()) &&
      (only.length === 0 || only.includes(alert)),
  );
const say = (text: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

async function ready(fault: Fault): Promise<void> {
  onNode(fault.on, fault.mends);
  await isOver({ alertname: fault.alert, ...fault.labels }, 720);
  if (fault.ready !== undefined) onNode(fault.on, fault.ready, fault.given?.());
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
  if (typeof fault.breaks === "string") {
    // It goes on by itself: some faults take a while to make.
    beginOnNode(fault.on, fault.breaks).stdin.end();
  } else {
    lab("node", fault.breaks.machine, fault.on);
  }
  const limit = fault.limit + (full ? 3600 : 0);
  try {
    const told = await until(
      `that ${fault.alert} was told`,
      () => receiver.about({ alertname: fault.alert, ...fault.labels }).find(({ at }) => at >= began),
      limit,
    );
    return { fault, after: (told.at - began) / 1000 };
  } catch (error) {
    say(errorMessage(error));
    return { fault, after: undefined };
  }
}

/**
 * Waits until what was told is told to be over. With nobody there to be told, Alertmanager keeps it as told, and is silent for
 * hours when it comes again: in the next drill.
 */
async function toldOver({ fault, after }: Told, receiver: Receiver): Promise<void> {
  if (after === undefined) return;
  try {
    await until(
      `that ${fault.alert} was told to be over`,
      () => receiver.about({ alertname: fault.alert, ...fault.labels }, "resolved").length > 0 || undefined,
      180,
    );
  } catch (error) {
    say(errorMessage(error));
  }
}

function mend(fault: Fault): void {
  try {
    if (typeof fault.breaks !== "string") lab("node", "start", fault.on);
    onNode(fault.on, fault.mends);
  } catch (error) {
    say(`${fault.alert}: ${errorMessage(error)}`);
  }
}

const inWords = ({ labels, annotations }: Message) =>
  `${labels.alertname ?? "?"}: ${annotations.summary ?? JSON.stringify(labels)}`;

async function main(): Promise<void> {
  const unknown = only.filter((name) => ![...together, ...alone].some(({ alert }) => alert === name));
  if (unknown.length > 0) throw new Error(`There is no fault for the alert ${unknown.join(", ")}.`);
  const faults = [...wanted(together), ...wanted(alone)];
  if (faults.length === 0) throw new Error(`No alert is called as ALERTS asks: ${only.join(", ")}`);
  const receiver = new Receiver();
  await receiver.open();
  const told: Told[] = [];
  let uncalled: readonly Message[] = [];
  try {
    for (const fault of faults) mend(fault);
    rulesFor(full ? "house" : "drill");
    if (!quick && only.length === 0) uncalled = await quiet(receiver, say);
    for (const fault of wanted(together)) await ready(fault);
    say(`${wanted(together).length} faults are made at once`);
    told.push(...(await Promise.all(wanted(together).map((fault) => make(fault, receiver)))));
    for (const fault of wanted(together)) mend(fault);
    for (const fault of wanted(alone)) {
      await ready(fault);
      say(fault.what);
      told.push(await make(fault, receiver));
      mend(fault);
    }
    await Promise.all(told.map((one) => toldOver(one, receiver)));
  } finally {
    for (const fault of faults) mend(fault);
    rulesFor("house");
    for (const node of nodeNames) now(node, "homelab-metrics.service");
    receiver.close();
  }
  const missed = told.filter(({ after }) => after === undefined).length;
  process.stdout.write(
    `${columns([
      ["Alert", "What was done", "Told after", "Must be within", "Its rule waits"],
      ...told.map(({ fault, after }) => [
        ...[fault.alert, `${fault.what} (${fault.on})`],
        ...[after === undefined ? "not told" : `${after.toFixed(0)} s`, `${fault.limit} s`],
        waits(fault.alert, full),
      ]),
    ]).join("\n")}\n`,
  );
  process.stdout.write(`${told.length - missed} told, ${missed} not told\n`);
  for (const message of uncalled) process.stdout.write(`Told for nothing: ${inWords(message)}\n`);
  if (missed > 0 || told.length < faults.length || uncalled.length > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
});
