import { z } from "zod";
import { connectionSchema } from "../../../remote/connection-args";
import { askHost, lost, parseFacts } from "../../../remote/host";
import type { Handler } from "../../handler";

/** The inputs of homelab:remote:Host. */
export const hostSchema = z.strictObject({
  /** How to reach the node over SSH. */
  connection: connectionSchema,
});

/** homelab:remote:Host. Looked at again in every preview: what it lost is a difference, another version is none. */
export const host: Handler<z.output<typeof hostSchema>> = {
  type: "homelab:remote:Host",
  inputs: hostSchema,
  replaceOn: [],
  id: ({ connection }) => connection.node,
  async drift({ connection }, ctx, outputs) {
    const before = parseFacts(connection.node, JSON.stringify(outputs.facts ?? null));
    return lost(connection.node, before, await askHost(connection, ctx.signal));
  },
  async apply({ connection }, ctx) {
    return { facts: await askHost(connection, ctx.signal) };
  },
  remove: () => Promise.resolve(),
};
