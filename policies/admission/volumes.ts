/** PersistentVolumes: none that is a part of a node may be open to an on-demand one. */
import { localProvisioner, networkDriver } from "../engine/tables/drivers";
import type { Topology } from "../engine/topology";
import { list, pattern, scheduled } from "./cel";
import type { Policy } from "./objects";

export function volumePolicy(topology: Topology): Policy {
  const terms = "object.spec.?nodeAffinity.?required.?nodeSelectorTerms.orValue([])";
  const driver = "object.spec.csi.driver";
  const isLocal = `(has(object.spec.hostPath) || has(object.spec.local) || (has(object.spec.csi) && (${driver}.matches(${pattern(localProvisioner)}) || (!${driver}.matches(${pattern(networkDriver)}) && !(object.spec.?storageClassName.orValue("") in ${list(topology.networkClasses)})))))`;
  return {
    name: "homelab-placement-volumes",
    resourceRules: [{ apiGroups: [""], resources: ["persistentvolumes"] }],
    variables: {},
    validations: [
      {
        expression: `!${isLocal} || !${scheduled("{}", terms, topology)}`,
        messageExpression:
          '"local-persistent-volume: " + object.metadata.name + " is a part of a node and may be on an on-demand one. Make it a network volume such as nfs, or limit its nodeAffinity to always-on nodes."',
      },
    ],
  };
}
