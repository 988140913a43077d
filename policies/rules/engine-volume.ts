import { isUnknown } from "../engine/facts";
import type { NamedVolume, Volume, Workload } from "../engine/facts";
import { whyEngineVolumeIsLocal } from "../engine/engine-volumes";
import { coversVolume } from "../engine/exemption";
import { isPlumbing } from "../engine/paths";
import type { Stack } from "../engine/stack";
import type { Finding, Rule } from "../engine/verdicts";

const fix =
  "Use tmpfs, mount it read-only, use a volume of a network driver (nfs, cifs), run it on an always-on node, or say with the label homelab.dev/ephemeral why losing it costs nothing.";

export const engineVolume: Rule = {
  name: "engine-volume",
  title: "No volume or writable bind of a container engine on an on-demand node",
  why: "Docker and podman keep named and anonymous volumes below their own directory on the node, and binds are the node's directories. All of it is lost when the node is rebuilt.",
  violations: [
    "Named and anonymous volumes of docker, compose, podman and quadlets; external ones, and ones that are not defined in what was read.",
    "`.volume` units, `Mount=` and `Volume=` of containers, pods and builds, `Rootfs=`, and the same as podman arguments.",
    "Writable binds; a volume whose driver options make it a bind (type none, o=bind) is one.",
    "A source with a variable that has no value, unless the mount is read-only.",
    "Claims of manifests that podman plays (`.kube`): it keeps them as volumes of its own, whatever their class.",
    "A `.kube` unit whose file was not found.",
  ],
  allowed: [
    "tmpfs, read-only mounts, image volumes, overlay mounts (`:O`) without an upper directory of the node, configs and secrets.",
    "Device and runtime plumbing as for pods.",
    "Volumes of a driver that is network storage: nfs, cifs and their like.",
  ],
  wayOut: fix,
  *check(stack): Iterable<Finding> {
    for (const workload of stack.facts.workloads) {
      if (workload.engine !== "containers" || workload.volumes.length === 0) continue;
      const node = stack.landsOn(workload.placement);
      if (node === undefined) continue;
      for (const volume of workload.volumes) yield* judgeVolume(workload, volume, node, stack);
    }
    const units = stack.facts.namedVolumes.filter((volume) => volume.makesItself);
    if (units.length === 0) return;
    const declared = usedOnlyAsEphemeral(stack);
    for (const volume of units) if (!declared.has(volume)) yield* judgeUnit(volume, stack);
  },
};

function* judgeVolume(workload: Workload, volume: Volume, node: string, stack: Stack): Iterable<Finding> {
  const readOnly = volume.mountsKnown && volume.mounts.every((mount) => mount.readOnly);
  const what = whatIsKept(workload, volume, readOnly, stack);
  if (what === undefined) return;
  const { file, resource } = workload.origin;
  const targets = [...new Set(volume.mounts.map((mount) => mount.target))].filter((target) => target !== "");
  const at = targets.length === 0 ? "" : ` at ${targets.join(", ")}`;
  yield {
    file: volume.file ?? file,
    resource,
    detail: `${resource} has ${what}${at}, on the on-demand node ${node}.`,
    fix,
    ephemeral: workload.ephemeral,
    names: [volume.name, ...targets, ...(volume.source.kind === "named" ? [volume.source.name] : [])],
  };
}

/** Volumes whose every user declares them ephemeral: the declaration stands where they are used. */
function usedOnlyAsEphemeral(stack: Stack): ReadonlySet<NamedVolume> {
  const declared = new Set<NamedVolume>();
  const kept = new Set<NamedVolume>();
  for (const workload of stack.facts.workloads) {
    for (const { name, source, mounts } of workload.volumes) {
      if (source.kind !== "named") continue;
      const names = [name, source.name, ...mounts.map((mount) => mount.target)];
      const into = coversVolume(workload.ephemeral, names) ? declared : kept;
      for (const volume of stack.namedVolumes(source.name, workload.origin)) into.add(volume);
    }
  }
  return new Set([...declared].filter((volume) => !kept.has(volume)));
}

function whatIsKept(workload: Workload, volume: Volume, readOnly: boolean, stack: Stack): string | undefined {
  const { source } = volume;
  if (source.kind === "rootfs") return `the node's directory ${source.path} as its root file system`;
  if (readOnly) return undefined;
  switch (source.kind) {
    case "bind":
    case "hostPath":
      if (isUnknown(source.path)) return `a bind whose source cannot be known (${source.path.why})`;
      return isPlumbing(source.path) ? undefined : `a writable bind of the node's ${source.path}`;
    case "anonymous":
      return "an anonymous volume";
    case "named": {
      const why = whyEngineVolumeIsLocal(source.name, workload.origin, stack);
      return why === undefined ? undefined : `the volume ${source.name} (${why})`;
    }
    case "unknown":
      return `a volume that cannot be known (${source.why})`;
    default:
      return undefined;
  }
}

function* judgeUnit(volume: NamedVolume, stack: Stack): Iterable<Finding> {
  const node = stack.landsOn(volume.placement);
  const why = node === undefined ? undefined : whyEngineVolumeIsLocal(volume, volume.origin, stack);
  if (node === undefined || why === undefined) return;
  const { file, resource } = volume.origin;
  yield {
    file,
    resource,
    detail: `${resource} makes a volume on the on-demand node ${node} (${why}).`,
    fix,
    ephemeral: volume.ephemeral,
    names: volume.names,
  };
}
