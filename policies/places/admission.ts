/** What the admission policies said, as a real API server last told: admission.engine.test.ts writes and compares it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { record, text } from "../readers/values";
import type { Answer } from "./answer";
import { answerOf } from "./answer";

/** Where it is kept: by fixture "ok", "refused RULE", or "invalid" for what the server takes from nobody. */
export const told = join(__dirname, "admission.json");

/** The answer, "invalid", or undefined where the server was not asked about this fixture yet. */
export function admissionAnswer(name: string): Answer | "invalid" | undefined {
  const said = text(record(JSON.parse(readFileSync(told, "utf8")))?.[name]);
  if (said === undefined || said === "invalid") return said;
  const [verdict, ...rules] = said.split(" ");
  return verdict === "refused" ? answerOf(rules, []) : answerOf([], []);
}
