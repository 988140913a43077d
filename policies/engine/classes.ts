/** What a storage class says about where its data is. */
import { isUnknown } from "./facts";
import type { ClassName, Origin } from "./facts";
import type { Stack } from "./stack";
import { localProvisioner, networkDriver } from "./tables/drivers";

/** True when a provisioner or CSI driver keeps its data on the node itself. */
export function isLocalDriver(driver: string): boolean {
  return localProvisioner.test(driver);
}

/** True when a CSI driver or volume plugin is known to keep its data off the node. */
export function isNetworkDriver(driver: string): boolean {
  return networkDriver.test(driver) && !isLocalDriver(driver);
}

/** Undefined where the class's storage is off the node, else a clause saying why it does not count as that. */
export function whyNotNetwork(name: ClassName, stack: Stack, from: Origin): string | undefined {
  if (isUnknown(name)) return `its storage class cannot be known: ${name.why}`;
  if (name.kind === "unnamed")
    return "it names no storage class, so the cluster's default is taken (K3s: local-path)";
  if (name.kind === "none") {
    return 'its storage class is "", so it can only bind a volume that exists, and none off the node was found for it';
  }
  if (name.by === "annotation") {
    return `its storage class ${name.name} is given only by the old annotation volume.beta.kubernetes.io/storage-class`;
  }
  if (!stack.topology.networkClasses.includes(name.name)) {
    return `its storage class ${name.name} is not in the list of network classes`;
  }
  const defined = stack.storageClass(name.name, from);
  if (defined !== undefined && isLocalDriver(defined.provisioner)) {
    return `its storage class ${name.name} is made by ${defined.provisioner}, which keeps data on the node`;
  }
  return undefined;
}
