import { isUnknown } from "../engine/facts";
import type { PersistentVolume } from "../engine/facts";
import { isLocalDriver, isNetworkDriver, whyNotNetwork } from "../engine/classes";
import type { Stack } from "../engine/stack";
import type { Finding, Rule } from "../engine/verdicts";

export const localPersistentVolume: Rule = {
  name: "local-persistent-volume",
  title: "No PersistentVolume on the disk of an on-demand node",
  why: "A hostPath or local volume is a directory, partition or disk of one node. Rebuild the node and it is gone; switch the node off and no pod can use it.",
  violations: [
    "A PersistentVolume with hostPath or local whose node affinity allows an on-demand node, on any path or device, in file system or block mode.",
    "One of several host names in its affinity is enough; so is no affinity at all.",
    "A volume of a CSI driver that keeps its data on the node (local, LVM, ZFS, hostpath drivers), of a driver of which nothing is known and whose class is not in the list of network classes, or of a kind that cannot be known.",
  ],
  allowed: [
    "A volume whose required affinity excludes every on-demand node.",
    "nfs, cifs, iscsi, rbd, cephfs, cloud disks and CSI drivers that keep data off the node.",
  ],
  wayOut: "Make it a network volume (nfs, iscsi, …), or limit its node affinity to always-on nodes.",
  *check(stack): Iterable<Finding> {
    for (const volume of stack.facts.persistentVolumes) {
      const what = whatIsLocal(volume, stack);
      if (what === undefined) continue;
      const node = stack.landsOn(volume.placement);
      if (node === undefined) continue;
      const { file, resource } = volume.origin;
      yield {
        file,
        resource,
        detail: `${resource} is ${what}, and may be on the on-demand node ${node}.`,
        fix: "Make it a network volume such as nfs, or limit its nodeAffinity to always-on nodes.",
      };
    }
  },
};

function whatIsLocal(volume: PersistentVolume, stack: Stack): string | undefined {
  const { source, mode } = volume;
  if (isUnknown(source)) return `a volume whose kind cannot be known (${source.why})`;
  if (source.kind === "network") return undefined;
  if (source.kind === "driver") {
    if (isLocalDriver(source.driver)) return `a volume of the node-local driver ${source.driver}`;
    const named =
      volume.class.kind === "named" && whyNotNetwork(volume.class, stack, volume.origin) === undefined;
    return named || isNetworkDriver(source.driver)
      ? undefined
      : `a volume of the driver ${source.driver}, which is not known to keep data off the node`;
  }
  const path = isUnknown(source.path) ? `a path that cannot be known (${source.path.why})` : source.path;
  return `a ${source.kind} volume${mode === "Block" ? " in block mode" : ""} on ${path}`;
}
