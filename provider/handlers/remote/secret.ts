import {
  applySecret,
  observeSecret,
  removeSecret,
  secretSchema,
  type SecretSpec,
} from "../../../remote/secret";
import type { Handler } from "../../handler";

/** homelab:remote:Secret. podman's own id of the secret serves as fingerprint: it tells nothing about the value. */
export const secret: Handler<SecretSpec> = {
  type: "homelab:remote:Secret",
  inputs: secretSchema,
  identity: ["name"],
  id: (inputs) => `${inputs.connection.node}/${inputs.name}`,
  async drift(inputs, ctx, outputs) {
    const id = await observeSecret(inputs, ctx.signal);
    const where = `The podman secret ${inputs.name} on ${inputs.connection.node}`;
    if (id === undefined) return [`${where} is missing.`];
    return id === outputs.fingerprint ? [] : [`${where} was replaced by hand.`];
  },
  async apply(inputs, ctx) {
    return { fingerprint: await applySecret(inputs, ctx.signal) };
  },
  remove: (inputs, ctx) => removeSecret(inputs, ctx.signal),
};
