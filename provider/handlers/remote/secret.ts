import {
  applySecret,
  observeSecret,
  refusal,
  removeSecret,
  secretSchema,
  type SecretSpec,
  type SecretVerb,
} from "../../../remote/secret";
import type { Handler } from "../../handler";

/** The node's own value wins over a declared one that was never there. */
const takesOver = ({ existing }: SecretSpec) => existing === "adopt" || existing === "keep";

/**
 * What to put there, and what to do about another value that is there.
 * @param previous the inputs of the last run that the state knows.
 * @param effective the value that the last run left on the node.
 */
export function intention(
  inputs: SecretSpec,
  previous: SecretSpec | undefined,
  effective: unknown,
): { value: string; verb: SecretVerb } {
  if (!takesOver(inputs)) {
    return { value: inputs.value, verb: inputs.existing === "refuse" ? "refuse" : "apply" };
  }
  const rotated = previous !== undefined && previous.value !== inputs.value;
  if (rotated && inputs.existing === "adopt") return { value: inputs.value, verb: "apply" };
  // Should the node have lost it: what was there is right, not what was once proposed. Should it have another one: that
  // of a run whose state this is not (an older copy of it) is right, what somebody set by hand is not.
  const value = typeof effective === "string" ? effective : inputs.value;
  return { value, verb: previous === undefined || inputs.existing === "keep" ? "adopt" : "restore" };
}

/** Made in this run: a replaced resource is removed after its successor of the same name was made. */
const made = new Set<string>();
const idOf = ({ connection, name }: SecretSpec) => `${connection.node}/${name}`;

/** homelab:remote:Secret. podman's own id of the secret serves as fingerprint: it tells nothing about the value. */
export const secret: Handler<SecretSpec> = {
  type: "homelab:remote:Secret",
  inputs: secretSchema,
  replaceOn: ["name"],
  id: idOf,
  async drift(inputs, ctx, outputs) {
    const seen = await observeSecret(inputs, ctx.signal);
    const where = `The podman secret ${inputs.name} on ${inputs.connection.node}`;
    if (seen === undefined) return [`${where} is missing.`];
    if (seen.id === outputs.fingerprint)
      return seen.marked ? [] : [`${where} bears no mark of this program yet.`];
    return [`${where} was replaced by hand${takesOver(inputs) ? ", or by a run with another state" : ""}.`];
  },
  planIgnores: ["value"],
  async plan(inputs, ctx, previous) {
    const seen = previous === undefined ? await observeSecret(inputs, ctx.signal) : undefined;
    return { notes: [], unmet: [], errors: seen?.marked === false ? [refusal(inputs)] : [] };
  },
  async apply(inputs, ctx, previous, outputs) {
    const { value, verb } = intention(inputs, previous, outputs?.effective);
    const kept = await applySecret({ ...inputs, value }, ctx.signal, verb, previous !== undefined);
    made.add(idOf(inputs));
    const where = `The podman secret ${inputs.name} on ${inputs.connection.node}`;
    if (kept.aside !== undefined) {
      ctx.log.warn(`${where} had a value that this program had not put there: it is kept as ${kept.aside}.`);
    }
    if (kept.value !== value) ctx.log.info(`${where} was there already and is taken over.`);
    if (inputs.existing === "keep" && previous !== undefined && previous.value !== inputs.value) {
      ctx.log.warn(
        `${where} is not replaced by a new one: what was encrypted with it opens with nothing else.`,
      );
    }
    return { fingerprint: kept.id, effective: kept.value };
  },
  async remove(inputs, ctx) {
    if (!made.has(idOf(inputs))) await removeSecret(inputs, ctx.signal);
  },
  secretOutputs: ["effective"],
};
