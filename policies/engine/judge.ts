/** The placement engine: facts and a topology in, violations and exemptions out. Pure. */
import { rules as allRules } from "../rules";
import { coversVolume } from "./exemption";
import type { EphemeralDeclaration, Facts } from "./facts";
import { Stack } from "./stack";
import type { Topology } from "./topology";
import type { Exemption, Judgement, Rule, Violation } from "./verdicts";

export interface JudgeOptions {
  /** Everything is taken to land on this node, whatever placement it states. */
  readonly node?: string;
  /** The rules to judge by; all by default. */
  readonly rules?: readonly Rule[];
}

/**
 * Judges a stack by the placement rule. References are resolved over all of `facts`.
 *
 * @returns violations and exemptions in the order of the rules and, within a rule, of the facts
 */
export function judge(facts: Facts, topology: Topology, options: JudgeOptions = {}): Judgement {
  const stack = new Stack(facts, topology, options.node);
  const violations: Violation[] = [];
  const exemptions: Exemption[] = [];
  for (const rule of options.rules ?? allRules) {
    for (const finding of rule.check(stack)) {
      const { file, resource, detail, fix, ephemeral } = finding;
      if (ephemeral !== undefined && coversVolume(ephemeral, finding.names ?? [])) {
        exemptions.push({ rule: rule.name, file, resource, detail, reason: ephemeral.reason.trim() });
      } else {
        violations.push({ rule: rule.name, file, resource, detail: detail + shortcoming(ephemeral), fix });
      }
    }
  }
  return { violations, exemptions };
}

function shortcoming(declared: EphemeralDeclaration | undefined): string {
  if (declared === undefined) return "";
  if (declared.reason.trim() === "") return " It is declared homelab.dev/ephemeral, but without a reason.";
  return ` It is declared ephemeral for ${declared.volumes?.join(", ") ?? ""} only.`;
}
