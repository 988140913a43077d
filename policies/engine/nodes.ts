/** Which on-demand node a thing can land on. */
import { isUnknown } from "./facts";
import type { NodeRequirement, Placement, ScheduledPlacement, Toleration } from "./facts";
import { findNode, lifecycleOf } from "./topology";
import type { Taint, Topology, TopologyNode } from "./topology";

/** Stands for a node nobody named: on-demand, as every unknown name is. */
const anyNode: TopologyNode = {
  name: "any node",
  lifecycle: "on-demand",
  addresses: [],
  labels: {},
  taints: [],
};

/** Labels whose value is the node's name. */
export const nameLabels = new Set([
  "kubernetes.io/hostname",
  "k3s.io/hostname",
  "metadata.name",
  "node.hostname",
]);

/** Labels whose value is the node's lifecycle. */
export const lifecycleLabels = new Set(["homelab.dev/lifecycle"]);

/**
 * Names an on-demand node the placement does not exclude, or undefined where it excludes them all.
 *
 * @param forced a node that everything is taken to land on, whatever placement is stated
 */
export function landsOn(placement: Placement, topology: Topology, forced?: string): string | undefined {
  if (forced !== undefined) return lifecycleOf(topology, forced) === "on-demand" ? forced : undefined;
  if (placement.kind === "host") {
    return lifecycleOf(topology, placement.host) === "on-demand"
      ? nameOf(topology, placement.host)
      : undefined;
  }
  if (placement.kind === "unknown") return onDemandNodes(topology)[0]?.name;
  if (placement.nodeName !== undefined) {
    // nodeName goes past the scheduler, so the other statements do not keep a pod away.
    return lifecycleOf(topology, placement.nodeName) === "on-demand"
      ? nameOf(topology, placement.nodeName)
      : undefined;
  }
  const known = onDemandNodes(topology).find((node) => mayRunOn(placement, node, topology));
  return known?.name ?? unknownName(placement, topology);
}

function nameOf(topology: Topology, nameOrAddress: string): string {
  return findNode(topology, nameOrAddress)?.name ?? nameOrAddress;
}

function onDemandNodes(topology: Topology): readonly TopologyNode[] {
  if (topology.nodes.length === 0) return [anyNode];
  return topology.nodes.filter((node) => node.lifecycle === "on-demand");
}

/** A host name that is asked for and that no known node has: a node of its own, and on-demand. */
function unknownName(placement: ScheduledPlacement, topology: Topology): string | undefined {
  const asked = [
    ...Object.entries(placement.selector)
      .filter(([key]) => nameLabels.has(key))
      .map(([, value]) => value),
    ...placement.required
      .flat(2)
      .flatMap((requirement) =>
        nameLabels.has(requirement.key) && requirement.operator === "In" ? requirement.values : [],
      ),
  ];
  return asked.find((name) => {
    if (findNode(topology, name) !== undefined) return false;
    return mayRunOn(placement, { ...anyNode, name }, topology);
  });
}

function mayRunOn(placement: ScheduledPlacement, node: TopologyNode, topology: Topology): boolean {
  for (const [key, value] of Object.entries(placement.selector)) {
    const label = labelOf(node, key, topology);
    if (label !== "unknown" && !equals(node, key, label, value)) return false;
  }
  for (const terms of placement.required) {
    if (!terms.some((term) => term.every((requirement) => mayHold(requirement, node, topology))))
      return false;
  }
  return node.taints.every(
    (taint) => !repels(taint) || placement.tolerations.some((t) => tolerates(t, taint)),
  );
}

function repels(taint: Taint): boolean {
  return taint.effect === "NoSchedule" || taint.effect === "NoExecute";
}

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== undefined && toleration.effect !== "" && toleration.effect !== taint.effect)
    return false;
  const exists = toleration.operator === "Exists";
  if (toleration.key === undefined || toleration.key === "") return exists;
  if (toleration.key !== taint.key) return false;
  return exists || (toleration.value ?? "") === (taint.value ?? "");
}

/** The label's value, undefined where the node surely lacks it, or "unknown" where the topology cannot say. */
function labelOf(
  node: TopologyNode,
  key: string,
  topology: Topology,
): { value: string | undefined } | "unknown" {
  if (nameLabels.has(key)) return node === anyNode ? "unknown" : { value: node.name };
  if (lifecycleLabels.has(key)) return { value: node.lifecycle };
  const own = node.labels[key];
  if (own !== undefined) return { value: own };
  // A label the topology gives to any node is one it keeps account of; of other labels it knows nothing.
  const kept = topology.nodes.some((other) => other.labels[key] !== undefined);
  return kept ? { value: undefined } : "unknown";
}

function equals(
  node: TopologyNode,
  key: string,
  label: { value: string | undefined },
  wanted: string,
): boolean {
  return label.value === wanted || (nameLabels.has(key) && node.addresses.includes(wanted));
}

function mayHold(requirement: NodeRequirement, node: TopologyNode, topology: Topology): boolean {
  if (isUnknown(requirement.operator)) return true;
  const label = labelOf(node, requirement.key, topology);
  if (label === "unknown") return true;
  const among = requirement.values.some((value) => equals(node, requirement.key, label, value));
  switch (requirement.operator) {
    case "In":
      return among;
    case "NotIn":
      return !among;
    case "Exists":
      return label.value !== undefined;
    case "DoesNotExist":
      return label.value === undefined;
    case "Gt":
      return Number(label.value) > Number(requirement.values[0]);
    case "Lt":
      return Number(label.value) < Number(requirement.values[0]);
  }
}
