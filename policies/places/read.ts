/** One fixture's object as the checker reads and judges it. */
import { reportFiles } from "../check/report";
import { judge } from "../engine/judge";
import { fixtureTopology } from "../fixtures";
import { read } from "../fixtures.read";
import { readFiles } from "../readers/files/read";
import type { ReadFiles } from "../readers/files/read";
import type { Alone } from "./alone";
import { answerOf } from "./answer";
import type { Answer } from "./answer";

/** What is read from it, and from nothing else. */
export function readAlone(one: Alone): ReadFiles {
  if (one.form === "command") return read([one.path]);
  return readFiles([{ path: one.path, text: one.text }], { read: () => undefined, filesIn: () => [] });
}

/** What the command says that checks files: of a move to the on-demand node, or of the placement that is stated. */
export function checkerAnswer(one: Alone): Answer {
  const { facts, errors, unread } = readAlone(one);
  const judgement = judge(facts, fixtureTopology, one.fixture.placed ? {} : { node: "compute" });
  const [report] = reportFiles([one.path], judgement, errors, new Set(unread.keys()));
  if (report?.verdict === "error") return { verdict: "error" };
  const named = (items: readonly { readonly rule: string }[] = []): string[] => items.map(({ rule }) => rule);
  return answerOf(named(report?.violations), named(report?.exemptions));
}
