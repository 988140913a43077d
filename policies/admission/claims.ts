/**
 * Claims and the pods that use them. Neither says all of it: the pod names the claim, the claim its class. So each is
 * judged with the other as its parameter, in whichever order they come.
 */
import type { Topology } from "../engine/topology";
import { classIsOffNode, lands } from "./cel";
import { covers, isDeclared } from "./ephemeral";
import type { Policy } from "./objects";
import { podKinds, template } from "./pods";

const fix =
  "Use a storage class from the topology's list of network classes, run it on an always-on node, or say with homelab.dev/ephemeral on the pod template why losing it costs nothing.";

/** Volumes of a pod template that use a claim and are not declared ephemeral. */
function uses(pod: string, claim: string): string {
  const exempt = `(${isDeclared(pod)} && ${covers(pod, ["v.name", "v.persistentVolumeClaim.claimName"])})`;
  return `${pod}.spec.?volumes.orValue([]).exists(v, has(v.persistentVolumeClaim) && v.persistentVolumeClaim.claimName == ${claim} && !${exempt})`;
}

/** Only what uses a claim and may land on an on-demand node is compared with every claim of its namespace. */
function conditions(topology: Topology): NonNullable<Policy["matchConditions"]> {
  const pod = template;
  return [
    {
      name: "uses-a-claim",
      expression: `${pod}.spec.?volumes.orValue([]).exists(v, has(v.persistentVolumeClaim))`,
    },
    { name: "lands-on-demand", expression: lands(`${pod}.spec`, topology) },
  ];
}

/**
 * Pods, and what makes them: told at once, and not only by events of pods that never came.
 *
 * A claim that is not there yet keeps the pod waiting; it is judged when it comes. (To deny where no claim is found
 * would deny every pod of a namespace without claims: the server asks that before the conditions.)
 */
export function claimsOfPods(topology: Topology): Policy {
  return {
    name: "homelab-placement-claims-of-pods",
    resourceRules: podKinds,
    parameter: { apiVersion: "v1", kind: "PersistentVolumeClaim" },
    matchConditions: conditions(topology),
    variables: { template },
    validations: [
      {
        expression: `!(${uses("variables.template", "params.metadata.name")}) || ${classIsOffNode("params", topology.networkClasses)}`,
        messageExpression: `"node-local-claim: the claim " + params.metadata.name + " is of the class " + params.spec.?storageClassName.orValue("(none)") + ", which is not in the list of network classes. ${fix}"`,
      },
    ],
  };
}

/** A claim that comes after the pod that waits for it. */
export function claimsAfterPods(topology: Topology): Policy {
  return {
    name: "homelab-placement-claims-after-pods",
    resourceRules: [{ apiGroups: [""], resources: ["persistentvolumeclaims"] }],
    parameter: { apiVersion: "v1", kind: "Pod" },
    matchConditions: [
      { name: "node-local", expression: `!${classIsOffNode("object", topology.networkClasses)}` },
    ],
    variables: {},
    validations: [
      {
        expression: `!(${uses("params", "object.metadata.name")}) || !${lands("params.spec", topology)}`,
        messageExpression: `"node-local-claim: the pod " + params.metadata.name + " waits for the claim " + object.metadata.name + ", whose class is not in the list of network classes. ${fix}"`,
      },
    ],
  };
}
