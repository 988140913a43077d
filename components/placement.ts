import type { Lifecycle, Node } from "../topology";

/**
 * What a component says about itself to the policies: plain values, known before anything runs, without secrets.
 * It is an input of every component, because policies see nothing else of it.
 */
export type Placement =
  | (Where & { readonly keeps: "none" })
  /** Data that costs nothing to lose, and why. */
  | (Where & { readonly keeps: "ephemeral"; readonly paths: readonly string[]; readonly reason: string })
  /** Data that is nowhere else: on an always-on node only. */
  | (Where & { readonly keeps: "persistent"; readonly paths: readonly string[] });

interface Where {
  readonly node: string;
  readonly lifecycle: Lifecycle;
}

/** Placement of what keeps data; the type of the node rules out an on-demand one. */
export function persistentOn(node: Node<"always-on">, paths: readonly string[]): Placement {
  return { node: node.name, lifecycle: node.lifecycle, keeps: "persistent", paths };
}

/** Placement of what keeps nothing. */
export function nothingKeptOn(node: Node): Placement {
  return { node: node.name, lifecycle: node.lifecycle, keeps: "none" };
}
