/** What a place says of an object. */
import type { Expectation } from "../fixtures";

/**
 * - refused: at least one violation
 * - exempt: nothing but what is declared ephemeral with a reason
 * - ok: nothing found
 * - error: it cannot be judged, and that is said
 */
export type Verdict = "refused" | "exempt" | "ok" | "error";

export interface Answer {
  readonly verdict: Verdict;
  /** Rules that it breaks, where the place names them. */
  readonly rules?: readonly string[];
}

/** The five places, in the order of their columns. */
export const places = ["checker", "pack", "bare up", "admission", "audit"] as const;
export type Place = (typeof places)[number];

/** An answer from the names of broken rules and of those that an exemption covers. */
export function answerOf(violations: readonly string[], exemptions: readonly string[]): Answer {
  if (violations.length > 0) return { verdict: "refused", rules: [...new Set(violations)].sort() };
  return { verdict: exemptions.length > 0 ? "exempt" : "ok" };
}

/** What the fixture's first lines say. */
export function stated({ violations, exemptions, error }: Expectation): Answer {
  return error ? { verdict: "error" } : answerOf(violations, exemptions);
}

/**
 * True where a place says what the fixture states. A place that judges programs or objects has no "error": what cannot
 * be read is refused there; and one that says only yes or no lets pass what is exempt.
 */
export function agree(told: Answer, wanted: Answer, place: Place): boolean {
  const verdict = wanted.verdict === "error" && place !== "checker" ? "refused" : wanted.verdict;
  const same =
    told.verdict === verdict || (place === "admission" && verdict === "exempt" && told.verdict === "ok");
  if (!same || told.rules === undefined || wanted.rules === undefined) return same;
  // The API server answers with the first rule only.
  const fits = told.rules.every((rule) => wanted.rules?.includes(rule));
  return fits && (place === "admission" || told.rules.length === wanted.rules.length);
}
