import { z } from "zod";
import { connectionSchema } from "../../../remote/connection-args";
import { askHost, lost, parseFacts } from "../../../remote/host";
import type { Handler } from "../../handler";

const inputs = z.strictObject({ connection: connectionSchema });

/** homelab:remote:Host. Looked at again in every preview: what it lost is a difference, another version is none. */
export const host: Handler<z.output<typeof inputs>> = {
  type: "homelab:remote:Host",
  inputs,
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
