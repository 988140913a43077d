import { whyClaimIsLocal, whySpecIsLocal } from "../engine/claims";
import type { OperatorStorage } from "../engine/facts";
import { isUnknown } from "../engine/facts";
import { isPlumbing } from "../engine/paths";
import type { Stack } from "../engine/stack";
import type { Finding, Rule } from "../engine/verdicts";

export const operatorStorage: Rule = {
  name: "operator-storage",
  title: "No storage made by an operator or a Helm release on an on-demand node",
  why: "Operators and charts make claims of their own. A field in their resource, or no field at all, is enough to put a database on the node's disk.",
  violations: [
    "A resource of an operator (CloudNativePG Cluster, Strimzi Kafka, RabbitmqCluster, …), or any custom resource with a storage class, volume claim template or persistence block, whose storage is not of a network class.",
    "A resource whose operator makes a claim even when nothing is said, such as RabbitmqCluster; each further set of nodes that says nothing.",
    "Disks and directories of nodes that are given to a storage system (Longhorn, Ceph, OpenEBS, LINSTOR, …).",
    "A Helm release or chart with persistence on: by its values, or by the chart's own default where the values do not switch it off.",
    "Values that cannot be seen, of a chart not known to keep nothing, where those that can be seen say nothing of storage.",
    'Persistence switched off by the text "false": to a chart\'s templates every text that is not empty is true. A hostPath that stays on below a block that is off.',
  ],
  allowed: [
    "Storage that names a class of the topology's list of network classes.",
    "Storage declared ephemeral in the operator's own way: type ephemeral, emptyDir, persistence switched off, a size of 0 for RabbitmqCluster.",
    "Buckets and claims of buckets, whatever their class: they are in an object store, which is judged where it is set up.",
    "Resources that only configure an operator, and definitions of custom resources themselves.",
  ],
  wayOut:
    "Name a network storage class in the field, switch persistence off, or place the resource on always-on nodes.",
  *check(stack): Iterable<Finding> {
    for (const one of stack.facts.operatorStorage) {
      const node = stack.landsOn(one.placement);
      if (node === undefined) continue;
      const why = whyLocal(one, stack);
      if (why === undefined) continue;
      const { file, resource } = one.origin;
      const maker = one.by === "helm" ? "its chart" : "its operator";
      yield {
        file,
        resource,
        detail: `${resource} would keep data on the on-demand node ${node} by ${one.field} (storage made by ${maker}): ${why}.`,
        fix: "Name a network storage class there, switch persistence off, or limit it to always-on nodes.",
        ephemeral: one.ephemeral,
        names: [
          one.field,
          ...(one.storage.kind === "claim" && !isUnknown(one.storage.claim) ? [one.storage.claim] : []),
        ],
      };
    }
  },
};

function whyLocal({ storage, namespace, origin }: OperatorStorage, stack: Stack): string | undefined {
  switch (storage.kind) {
    case "unknown":
      return storage.why;
    case "claim":
      return whyClaimIsLocal(storage.claim, namespace, origin, stack);
    case "claimTemplate":
      return whySpecIsLocal(storage.spec, origin, stack);
    case "hostPath":
      if (isUnknown(storage.path))
        return `it is a directory of the node that cannot be known: ${storage.path.why}`;
      return isPlumbing(storage.path) ? undefined : `it is the node's directory ${storage.path}`;
  }
}
