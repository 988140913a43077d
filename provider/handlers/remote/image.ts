import { buildImage, imageSchema, observeImage, type ImageSpec } from "../../../remote/image";
import type { Handler } from "../../handler";

/** homelab:remote:Image */
export const image: Handler<ImageSpec> = {
  type: "homelab:remote:Image",
  inputs: imageSchema,
  identity: ["repository"],
  id: (inputs) => `${inputs.connection.node}/${inputs.repository}`,
  async drift(inputs, ctx) {
    if ((await observeImage(inputs, ctx.signal)) !== undefined) return [];
    return [`The image ${inputs.reference} is missing on ${inputs.connection.node}.`];
  },
  async apply(inputs, ctx) {
    return { reference: inputs.reference, imageId: await buildImage(inputs, ctx.signal) };
  },
  remove(inputs, ctx) {
    // An earlier image is what a unit falls back to, and a stopped container may still name it.
    ctx.say.info(
      `The image ${inputs.reference} stays on ${inputs.connection.node}; \`podman image prune\` removes it.`,
    );
    return Promise.resolve();
  },
};
