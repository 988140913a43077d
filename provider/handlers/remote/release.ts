import {
  applyRelease,
  observeRelease,
  releaseSchema,
  removeRelease,
  type ReleaseSpec,
} from "../../../remote/release";
import type { Handler } from "../../handler";

/** homelab:remote:Release */
export const release: Handler<ReleaseSpec> = {
  type: "homelab:remote:Release",
  inputs: releaseSchema,
  replaceOn: ["name"],
  id: (inputs) => `${inputs.connection.node}/${inputs.name}`,
  async drift(inputs, ctx, outputs) {
    const { sums, elsewhere } = await observeRelease(inputs, ctx.signal);
    const verified = (outputs.sums ?? {}) as Record<string, unknown>;
    return inputs.files.flatMap(({ name, alsoIn }) => {
      const where = `${name} of ${inputs.name} ${inputs.version} on ${inputs.connection.node}`;
      if (sums[name] === undefined) return [`${where} is missing.`];
      if (sums[name] !== verified[name]) return [`${where} is not the file that was verified.`];
      return elsewhere.includes(name)
        ? [`The copy of ${where} in ${alsoIn ?? ""} is missing or another one.`]
        : [];
    });
  },
  async apply(inputs, ctx, previous) {
    const { sums } = await applyRelease(inputs, previous?.version, ctx.signal);
    return { sums };
  },
  remove: (inputs, ctx) => removeRelease(inputs, ctx.signal),
};
