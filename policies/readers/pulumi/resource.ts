/** A Pulumi resource as the reader takes it: plain values, with a mark where one is not known yet. */
import { unknown } from "../../engine/facts";
import type { FactsBuilder, Origin, Unknown } from "../../engine/facts";
import { text } from "../values";
import type { Values } from "../values";

export interface PulumiResource {
  readonly urn: string;
  /** Type token, e.g. "kubernetes:apps/v1:Deployment". */
  readonly type: string;
  readonly name: string;
  /** Plain inputs; what is not known yet is {@link notYet}, an asset is `{ asset, path | text }`. */
  readonly inputs: Values;
  /** Inputs of its provider, where it has one of its own. */
  readonly provider?: Values;
  /** True for a component: what it is made of comes as resources of their own. */
  readonly isComponent?: boolean;
}

/** What a reader of resources may use beside the resource itself. */
export interface ReadContext {
  readonly facts: FactsBuilder;
  /** Where docker's default provider leads: docker:host of the stack's configuration. */
  readonly dockerHost?: string;
  /** Text of a file on the machine that runs Pulumi; undefined where it cannot be read. */
  readonly readFile: (path: string) => string | undefined;
  /** Paths of the files in a folder there, relative to it; undefined where it cannot be read. */
  readonly filesIn: (folder: string) => readonly string[] | undefined;
  /** Files already put on nodes, as "HOST PATH": what a command uses may have been put there before. */
  readonly put: Set<string>;
  /** Types that the stack's configuration says may be lost, each with the reason. */
  readonly declaredTypes?: Readonly<Record<string, string>>;
}

/**
 * Stands for a value that is not known yet. It has the form of a variable nobody filled in, so that readers of
 * manifests take it for what it is, and it reads well in a sentence.
 */
export const notYet = "${a value that is known only after the update}";

/** Clause for what is not known yet. */
export const notYetWhy = "it is known only after the update; make it a plain value";

export function isNotYet(value: unknown): boolean {
  return value === notYet;
}

/** True where any part of the value is not known yet. */
export function hasNotYet(value: unknown): boolean {
  if (typeof value === "string") return value.includes(notYet);
  if (Array.isArray(value)) return value.some(hasNotYet);
  if (typeof value === "object" && value !== null) return Object.values(value).some(hasNotYet);
  return false;
}

/** A text, the statement that it is not known yet, or undefined where there is none. */
export function told(value: unknown): string | Unknown | undefined {
  const own = text(value);
  if (own === undefined) return hasNotYet(value) ? unknown(notYetWhy) : undefined;
  return own.includes(notYet) ? unknown(notYetWhy) : own;
}

/** The resource as messages name it: "docker Container web", "Command setup". */
export function originOf(resource: PulumiResource, via?: "ssh"): Origin {
  return { file: resource.urn, resource: title(resource), ...(via === undefined ? {} : { via }) };
}

function title({ type, name }: PulumiResource): string {
  return `${type.slice(type.lastIndexOf(":") + 1)} ${name}`;
}
