import { RemoteError } from "../../../packages/errors";
import {
  fingerprintOf,
  readSecretFile,
  secretFileSchema,
  type SecretFileSpec,
} from "../../../remote/secret-file";
import type { Handler } from "../../handler";

/** homelab:remote:SecretFile */
export const secretFile: Handler<SecretFileSpec> = {
  type: "homelab:remote:SecretFile",
  inputs: secretFileSchema,
  replaceOn: ["path"],
  id: (inputs) => `${inputs.connection.node}${inputs.path}`,
  async drift(inputs, ctx, outputs) {
    const content = await readSecretFile(inputs, 0, ctx.signal);
    const where = `${inputs.path} on ${inputs.connection.node}`;
    if (content === undefined) return [`${where} is missing.`];
    return fingerprintOf(content) === outputs.fingerprint
      ? []
      : [`${where} is another one than was last read.`];
  },
  async apply(inputs, ctx) {
    const content = await readSecretFile(inputs, inputs.timeoutSeconds, ctx.signal);
    if (content === undefined) {
      throw new RemoteError(
        `${inputs.path} on ${inputs.connection.node} was not there within ${inputs.timeoutSeconds} s: look there at what writes it.`,
      );
    }
    return { content, fingerprint: fingerprintOf(content) };
  },
  // It belongs to whoever writes it.
  remove: () => Promise.resolve(),
  secretOutputs: ["content"],
};
