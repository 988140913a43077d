import { buildImage, imageSchema, observeImage, type ImageSpec } from "../../../remote/image";
import type { Handler } from "../../handler";

/** homelab:remote:Image */
export const image: Handler<ImageSpec> = {
  type: "homelab:remote:Image",
  inputs: imageSchema,
  replaceOn: ["repository"],
  id: (inputs) => `${inputs.connection.node}/${inputs.repository}`,
  async drift(inputs, ctx, outputs) {
    const where = `The image ${inputs.reference} on ${inputs.connection.node}`;
    const { id, stale } = await observeImage(inputs, ctx.signal);
    if (id === undefined) return [`${where} is missing.`];
    if (stale) return [`${where} was built from an earlier version of its base.`];
    return id === outputs.imageId ? [] : [`${where} was replaced by hand.`];
  },
  async apply(inputs, ctx) {
    return { reference: inputs.reference, imageId: await buildImage(inputs, ctx.signal) };
  },
  remove(inputs, ctx) {
    // An earlier image is what a unit falls back to, and a stopped container may still name it.
    ctx.log.info(
      `The image ${inputs.reference} stays on ${inputs.connection.node}; \`podman image prune\` removes it.`,
    );
    return Promise.resolve();
  },
};
