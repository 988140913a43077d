import {
  askPolicy,
  policyDifferences,
  policySchema,
  setPolicy,
  type PolicySpec,
} from "../../../remote/mesh-policy";
import type { Handler } from "../../handler";

/** homelab:mesh:PolicyPart */
export const policyPart: Handler<PolicySpec> = {
  type: "homelab:mesh:PolicyPart",
  inputs: policySchema,
  replaceOn: ["node"],
  id: ({ node }) => `mesh/policy/${node}`,
  drift: async (inputs, ctx) => policyDifferences(inputs, await askPolicy(inputs, ctx.signal)),
  async apply(inputs, ctx) {
    await setPolicy(inputs, ctx.signal);
    return {};
  },
  async remove(inputs, ctx) {
    await setPolicy({ ...inputs, grants: [], tests: [] }, ctx.signal);
    ctx.log.warn(`headscale lets nobody reach ${inputs.tag} any more.`);
  },
};
