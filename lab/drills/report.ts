import { homedir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { figuresIn, withoutFigures } from "./figures";
import type { Drill } from "./list";

export type Outcome =
  | {
      readonly kind: "passed" | "failed";
      readonly why?: string;
      readonly seconds: number;
      readonly said: string;
      readonly complaints: string;
      readonly log: string;
      /** Of an earlier run of the day, when others were asked for in this one. */
      readonly earlier?: Circumstances;
    }
  | { readonly kind: "not run"; readonly why: string };

export interface Walked {
  readonly drill: Drill;
  readonly outcome: Outcome;
}

/** What is the same for all drills of one run. */
export interface Circumstances {
  readonly full: boolean;
  readonly commit: string;
  readonly switchedOn: string;
}

export interface RunInfo extends Circumstances {
  /** YYYY-MM-DD */
  readonly date: string;
  readonly computer: string;
  /** Date of the report before, if there is one. */
  readonly former: string | undefined;
}

const duration = (seconds: number) =>
  seconds < 100 ? `${seconds.toFixed(0)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
const page = (runbook: string) => `[${runbook}](../runbooks/${runbook}.md)`;
const cells = (words: readonly string[]) => `| ${words.join(" | ")} |`;
const root = join(__dirname, "../..");
/** As text of a block: without colours, without what would end the block, and without where this computer has things. */
const plain = (text: string) =>
  stripVTControlCharacters(text)
    .replaceAll(root, ".")
    .replaceAll(homedir(), "~")
    .replaceAll("```", "'''")
    .replace(/[ \t]+$/gm, "")
    .trim();
const block = (text: string) => ["```text", plain(text), "```"];
const tail = (text: string, lines: number) => plain(text).split("\n").slice(-lines).join("\n");

function row({ drill, outcome }: Walked): string {
  const ran = outcome.kind !== "not run";
  const figures = ran ? figuresIn(outcome.said) : undefined;
  return cells([
    `[${drill.name}](#${drill.name})`,
    outcome.kind,
    ran ? duration(outcome.seconds) : "",
    figures === undefined ? "" : String(figures.acknowledged),
    figures === undefined ? "" : String(figures.lost),
    drill.runbooks.map(page).join(", "),
  ]);
}

function part({ drill, outcome }: Walked): string[] {
  const head = [`## ${drill.name}`, "", `What was done: ${drill.does}`, ""];
  if (outcome.kind === "not run") return [...head, `Not run: ${outcome.why}.`, ""];
  const said = withoutFigures(outcome.said);
  const measured = said.trim() === "" ? [] : [...block(tail(said, 60)), ""];
  const { earlier } = outcome;
  const when =
    earlier === undefined
      ? ""
      : `, in an earlier run of the day (commit ${earlier.commit}, ${form(earlier)}; switched on: ${earlier.switchedOn})`;
  if (outcome.kind === "passed")
    return [...head, `Passed in ${duration(outcome.seconds)}${when}.`, "", ...measured];
  return [
    ...head,
    `**Failed** after ${duration(outcome.seconds)}${when}: ${outcome.why ?? "see below"}. All that it said is in ${outcome.log}; the end of it:`,
    "",
    ...block(tail(outcome.complaints, 40) || "(nothing)"),
    "",
    ...measured,
  ];
}

const form = ({ full }: Circumstances) =>
  full ? "whole (`make drills FULL=1`)" : "shortened (`make drills`)";

/** The report as a page of docs/drills. */
export function markdown(house: RunInfo, walked: readonly Walked[]): string {
  const took = walked.reduce(
    (sum, { outcome }) => sum + (outcome.kind === "not run" ? 0 : outcome.seconds),
    0,
  );
  return `${[
    `# Drills of ${house.date}`,
    "",
    `On the lab, ${form(house)}: commit ${house.commit}, ${house.computer}; switched on: ${house.switchedOn}. Together ${duration(took)}.${house.former === undefined ? "" : ` The report before: [${house.former}](${house.former}.md).`}`,
    "",
    cells(["Drill", "Result", "Took", "Acknowledged", "Lost", "Runbooks"]),
    cells(["---", "---", "---", "---", "---", "---"]),
    ...walked.map(row),
    "",
    ...walked.flatMap(part),
  ]
    .join("\n")
    .trimEnd()}\n`;
}

/** Pages that were gone through: those all of whose drills of this report passed. With one drill each that did it. */
export function gonethrough(walked: readonly Walked[]): ReadonlyMap<string, string[]> {
  const pages = new Map<string, string[]>();
  for (const runbook of new Set(walked.flatMap(({ drill }) => drill.runbooks))) {
    const of = walked.filter(({ drill }) => drill.runbooks.includes(runbook));
    if (of.every(({ outcome }) => outcome.kind === "passed"))
      pages.set(
        runbook,
        of.map(({ drill }) => drill.name),
      );
  }
  return pages;
}

const lastDrilled = /^Last drilled: .*$/m;

/** A runbook's page with the line that says when it was last gone through. @throws Error when it has no such line */
export function noted(text: string, date: string, names: readonly string[]): string {
  if (!lastDrilled.test(text)) throw new Error("the page has no line that begins with `Last drilled: `.");
  const links = names.map((name) => `[${name}](../drills/${date}.md#${name})`).join(", ");
  return text.replace(lastDrilled, `Last drilled: ${date}, ${links}.`);
}
