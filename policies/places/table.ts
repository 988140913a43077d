/** The five answers side by side: of each fixture that one object can say alone. */
import { admissionAnswer } from "./admission";
import { alone } from "./alone";
import type { Alone } from "./alone";
import { agree, places, stated } from "./answer";
import type { Answer, Place } from "./answer";
import { auditAnswer } from "./audit";
import { guardAnswer, packAnswer } from "./programs";
import { checkerAnswer } from "./read";
import { asked, reasons } from "./reasons";
import type { Asked, Reason } from "./reasons";

export interface Cell {
  readonly place: Place;
  /** Undefined where the place says nothing of such an object. */
  readonly answer?: Answer;
  readonly agrees: boolean;
  /** Why it says nothing, or something else. */
  readonly reason?: Reason;
}

export interface Row {
  readonly name: string;
  readonly wanted: Answer;
  readonly cells: readonly Cell[];
}

/** All rows, in the order of the fixtures. */
export async function rows(): Promise<readonly Row[]> {
  const made: Row[] = [];
  for (const one of alone()) {
    const [expectation] = one.fixture.expectations;
    if (expectation === undefined) throw new Error(`${one.name} does not say what is expected of it.`);
    const question = asked(one, stated(expectation));
    const cells: Cell[] = [];
    for (const place of places) cells.push(await cell(place, question));
    made.push({ name: one.name, wanted: question.wanted, cells });
  }
  return made;
}

async function cell(place: Place, question: Asked): Promise<Cell> {
  const applying = reasons.filter((one) => one.places.includes(place) && one.holds(question));
  const silent = applying.find(({ kind }) => kind === "silent");
  if (silent !== undefined) return { place, agrees: true, reason: silent };
  const answer = await answers[place](question.one);
  if (agree(answer, question.wanted, place)) return { place, answer, agrees: true };
  const [reason] = applying;
  return { place, answer, agrees: false, ...(reason === undefined ? {} : { reason }) };
}

const answers: Readonly<Record<Place, (one: Alone) => Answer | Promise<Answer>>> = {
  checker: checkerAnswer,
  pack: packAnswer,
  "bare up": guardAnswer,
  admission: ({ name }) => {
    const answer = admissionAnswer(name);
    if (answer === undefined || answer === "invalid") {
      throw new Error(
        `No API server was asked about ${name} yet: run npx vitest run --project engine policies/places -u`,
      );
    }
    return answer;
  },
  audit: auditAnswer,
};

/** The table and the reasons below it, as lines of Markdown. */
export function tableOf(made: readonly Row[]): readonly string[] {
  const used = reasons.filter((reason) =>
    made.some(({ cells }) => cells.some((one) => one.reason === reason)),
  );
  const note = (reason: Reason | undefined): string =>
    reason === undefined ? "" : ` [${used.indexOf(reason) + 1}]`;
  const shown = ({ answer, reason }: Cell): string => `${answer?.verdict ?? "–"}${note(reason)}`;
  return [
    `| Fixture | ${places.join(" | ")} |`,
    `| --- |${places.map(() => " --- |").join("")}`,
    ...made.map(({ name, cells }) => `| ${name} | ${cells.map(shown).join(" | ")} |`),
    "",
    ...used.map(({ why }, index) => `${index + 1}. ${why}`),
  ];
}
