import { randomBytes } from "node:crypto";

/** Ids of chains and their header, as docs/correlation.md has them. */

export const newId = (): string => randomBytes(16).toString("hex");
export const traceparent = (id: string): string => `00-${id}-${randomBytes(8).toString("hex")}-01`;
export const idIn = (header = ""): string => /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(header)?.[1] ?? "";
