import type { Keeps } from "../services";
import { requireAlwaysOn, type Node } from "../topology";

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
}

/**
 * Placement of what keeps data. Callers take a `Node<"always-on">`, so an on-demand one does not compile; a program that
 * goes around its types is stopped here.
 * @param what keeps it, as the sentence names it.
 * @throws PlacementError for an on-demand node, whatever its type says.
 */
export function persistentOn(node: Node, what: string, paths: readonly string[]): Placement {
  return { node: requireAlwaysOn(node, what).name, keeps: "persistent", paths };
}

/** Placement of what keeps nothing. */
export function nothingKeptOn(node: Node): Placement {
  return { node: node.name, keeps: "none" };
}

/** Where a service may run: what keeps data does so on an always-on node only, or it does not compile. */
export type NodeFor<K extends Keeps> = K extends { readonly kind: "persistent" } ? Node<"always-on"> : Node;

/**
 * Placement of a service of services/.
 * @throws PlacementError for what keeps data on an on-demand node, whatever its type says.
 */
export function placementOf(node: Node, name: string, keeps: Keeps): Placement {
  if (keeps.kind === "persistent") return persistentOn(node, name, keeps.paths);
  if (keeps.kind === "nothing" || keeps.paths.length === 0) return nothingKeptOn(node);
  return { node: node.name, keeps: "ephemeral", paths: keeps.paths, reason: keeps.reason };
}
