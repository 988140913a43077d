import { house } from "../power/testing";
import type { Node, NodeName, Topology } from "../topology";
import { SettingsError } from "./load";

/** The sentences in which settings are refused; none when they are taken. */
export function refusals(check: () => void): readonly string[] {
  try {
    check();
  } catch (error) {
    if (error instanceof SettingsError) return error.sentences;
    throw error;
  }
  return [];
}

/** The house of tests, some of whose nodes are others. */
export const onNodes = (nodes: Partial<Record<NodeName, Node>>): Topology => ({
  ...house,
  nodes: { ...house.nodes, ...nodes },
});
