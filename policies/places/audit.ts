/** What the audit of the on-demand node says of an object's traces. */
import { judgeSeen, undeclared } from "../audit/verdict";
import { fixtureTopology } from "../fixtures";
import type { Alone } from "./alone";
import type { Answer } from "./answer";
import { seenOf } from "./seen";

export function auditAnswer(one: Alone): Answer {
  const findings = judgeSeen(seenOf(one), "compute", fixtureTopology);
  if (undeclared(findings).length > 0 || findings.units.length > 0) return { verdict: "refused" };
  return { verdict: findings.losses.length > 0 ? "exempt" : "ok" };
}
