/** What the engine answers. */
import type { EphemeralDeclaration } from "./facts";
import type { Stack } from "./stack";

/** Something that would be lost with the node. */
export interface Violation {
  /** Name of the rule, which is the name of its file and of its policy. */
  readonly rule: string;
  /** File or URN of the resource. */
  readonly file: string;
  readonly resource: string;
  /** One sentence: the resource, the volume or path, the node. */
  readonly detail: string;
  /** One sentence: the way out. */
  readonly fix: string;
}

/** A violation that is declared ephemeral, with its reason. */
export interface Exemption {
  readonly rule: string;
  readonly file: string;
  readonly resource: string;
  readonly detail: string;
  readonly reason: string;
}

export interface Judgement {
  readonly violations: readonly Violation[];
  readonly exemptions: readonly Exemption[];
}

/** What a rule finds; the engine turns it into a violation or, where it is declared ephemeral, an exemption. */
export interface Finding {
  readonly file: string;
  readonly resource: string;
  readonly detail: string;
  readonly fix: string;
  /** The declaration that covers the place, if one does. */
  readonly ephemeral?: EphemeralDeclaration | undefined;
  /** Names by which `homelab.dev/ephemeral-volumes` can mean what was found. Empty: no volume to name. */
  readonly names?: readonly string[];
}

/** A rule: its documentation and its judgement. Each in a file of its own, named after it. */
export interface Rule {
  /** The policy's name. */
  readonly name: string;
  readonly title: string;
  readonly why: string;
  /** What is a violation, a sentence each. */
  readonly violations: readonly string[];
  /** What looks like one and is not, a sentence each. */
  readonly allowed: readonly string[];
  readonly wayOut: string;
  readonly check: (stack: Stack) => Iterable<Finding>;
}
