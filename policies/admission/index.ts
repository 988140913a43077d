/**
 * The placement rule for the cluster itself: whatever puts an object there, kubectl, helm or an operator, is held to it.
 *
 * Rendered from the topology. What an operator or chart makes of its resources comes as pods, claims and volumes, so
 * the operators' own resources need no rule here.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
import { stringify } from "yaml";
import type { Topology } from "../engine/topology";
import { claimsAfterPods, claimsOfPods } from "./claims";
import { ruleOf, type AdmissionRule } from "./objects";
import { podPolicy } from "./pods";
import { volumePolicy } from "./volumes";

export type { AdmissionRule };

/** All policies, each with its binding. */
export function admissionRules(topology: Topology): readonly AdmissionRule[] {
  return [podPolicy, claimsOfPods, claimsAfterPods, volumePolicy].map((policy) => ruleOf(policy(topology)));
}

/** The same as objects, in the order in which they may be applied. */
export function admissionObjects(topology: Topology): readonly object[] {
  return admissionRules(topology).flatMap(({ policy, binding }) => [policy, binding]);
}

/**
 * The same as YAML documents, for `kubectl apply --server-side -f -`.
 * @public loaded by `require`
 */
export function admissionYaml(topology: Topology): string {
  return admissionObjects(topology)
    .map((one) => `---\n${stringify(one, { lineWidth: 0 })}`)
    .join("");
}
