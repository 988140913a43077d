import { isNetworkDriver, whyNotNetwork } from "../engine/classes";
import type { Volume, Workload } from "../engine/facts";
import { isUnknown } from "../engine/facts";
import { isPlumbing } from "../engine/paths";
import type { Stack } from "../engine/stack";
import type { Finding, Rule } from "../engine/verdicts";

export const writableHostPath: Rule = {
  name: "writable-host-path",
  title: "No writable hostPath in a pod on an on-demand node",
  why: "What a pod writes to a directory of the node stays there and only there. Another node, or the same one after a rebuild, does not have it.",
  violations: [
    "A hostPath that any container may write, init containers and debug containers too, in every kind that makes pods.",
    "A hostPath whose path cannot be known, unless every mount is readOnly.",
    "A way from there to the node's disks: /proc/N/root, the kubelet's directory as a whole, block devices, /run/media, and a name such as x.sock of type Directory or DirectoryOrCreate.",
    "A pod volume of a kind that is not known to be off the node.",
  ],
  allowed: [
    "hostPath mounted readOnly by every container that mounts it, or by none.",
    "Device and runtime plumbing: /dev, /sys, /proc, /run, /var/run, sockets, the directories of device plugins and CSI drivers, time zone files.",
    "emptyDir, configMap, secret, projected, downwardAPI, image and network volumes.",
  ],
  wayOut:
    "Mount it readOnly, use an emptyDir or a claim of a network class, or run it on an always-on node; if losing it costs nothing, say why with homelab.dev/ephemeral on the pod template.",
  *check(stack): Iterable<Finding> {
    for (const workload of stack.facts.workloads) {
      if (workload.engine !== "kubernetes") continue;
      const suspects = workload.volumes.flatMap((volume) => {
        const what = whatIsWritten(volume, stack, workload);
        return what === undefined ? [] : [{ volume, what }];
      });
      if (suspects.length === 0) continue;
      const node = stack.landsOn(workload.placement);
      if (node === undefined) continue;
      const { file, resource } = workload.origin;
      for (const { volume, what } of suspects) {
        yield {
          file: volume.file ?? file,
          resource,
          detail: `Volume ${volume.name} of ${resource} is ${what}${byWhom(volume)}, on the on-demand node ${node}.`,
          fix: "Mount it readOnly, use an emptyDir or a claim of a network class, run it on an always-on node, or declare homelab.dev/ephemeral with the reason why losing it costs nothing.",
          ephemeral: workload.ephemeral,
          names: [volume.name, ...volume.mounts.map((mount) => mount.target)],
        };
      }
    }
  },
};

function byWhom(volume: Volume): string {
  const writers = [
    ...new Set(volume.mounts.filter((mount) => !mount.readOnly).map((mount) => mount.container)),
  ];
  return writers.length === 0 ? "" : `, writable by ${writers.join(" and ")}`;
}

function whatIsWritten(volume: Volume, stack: Stack, workload: Workload): string | undefined {
  const { source } = volume;
  switch (source.kind) {
    case "hostPath":
      if (volume.mountsKnown && volume.mounts.every((mount) => mount.readOnly)) return undefined;
      if (isUnknown(source.path)) return `a hostPath that cannot be known (${source.path.why})`;
      return isPlumbing(source.path, source.type) ? undefined : `the node's ${source.path} (hostPath)`;
    case "driver": {
      const listed = { kind: "named", name: source.driver, by: "field" } as const;
      if (isNetworkDriver(source.driver) || whyNotNetwork(listed, stack, workload.origin) === undefined)
        return undefined;
      return `of the driver ${source.driver}, which is not known to keep data off the node`;
    }
    case "unknown":
      return `of a kind that cannot be known (${source.why})`;
    default:
      return undefined;
  }
}
