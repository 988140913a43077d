/** The three roles of the house; a stack is named after the node that it sets up. */
export const nodeNames = ["storage", "desktop", "compute"] as const;
export type NodeName = (typeof nodeNames)[number];
