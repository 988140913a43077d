import type { NodeName } from "../../../topology";
import type { NodeOptions } from "../../program/command";

/** The two nodes that may have a server of the pair. */
export const pairNodes = ["storage", "desktop"] as const satisfies readonly NodeName[];
export type PairNode = (typeof pairNodes)[number];

export interface PairOptions extends NodeOptions {
  readonly yes: boolean;
}
