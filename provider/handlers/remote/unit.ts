import { podmanOn } from "../../../remote/podman";
import type { Handler } from "../../handler";
import { unitSchema, type UnitSpec } from "../../../remote/unit/spec";
import { applyUnit, planUnit, removeUnit, unitDrift } from "../../../remote/unit/unit";

/** homelab:remote:Unit */
export const unit: Handler<UnitSpec> = {
  type: "homelab:remote:Unit",
  inputs: unitSchema,
  replaceOn: ["service"],
  id: (inputs) => `${inputs.connection.node}/${inputs.service}`,
  drift(inputs, ctx) {
    // Images and secrets are compared next, one after the other: what they will want to know is asked meanwhile.
    podmanOn(inputs.connection, ctx.signal).catch(() => undefined);
    return unitDrift(inputs, ctx.signal);
  },
  // What it is restarted for and what its files say may be made in the same run.
  planIgnores: ["files", "restartOn"],
  async plan(inputs, ctx) {
    return { ...(await planUnit(inputs, ctx.signal)), unmet: [] };
  },
  async apply(inputs, ctx) {
    const { hash, action, setAside } = await applyUnit(inputs, ctx.signal);
    for (const sentence of setAside) ctx.log.warn(sentence);
    ctx.log.info(`${inputs.service} on ${inputs.connection.node} is healthy (${action}).`);
    return { hash };
  },
  async remove(inputs, ctx) {
    const aside = await removeUnit(inputs, ctx.signal);
    const { node } = inputs.connection;
    if (aside !== undefined) {
      ctx.log.warn(`What was there before ${inputs.service} and was set aside is on ${node} in ${aside}.`);
    }
    ctx.log.warn(
      inputs.keeps.length === 0
        ? `${inputs.service} was removed from ${node}.`
        : `${inputs.service} was removed from ${node}; its data stays there in ${inputs.keeps.join(", ")}. To delete it too: npx homelab delete-data ${node} ${inputs.keeps.join(" ")}`,
    );
  },
};
