import { whyClaimIsLocal, whyDefinedClaimIsLocal, whySpecIsLocal } from "../engine/claims";
import { coversVolume } from "../engine/exemption";
import type { Volume, Workload } from "../engine/facts";
import type { Stack } from "../engine/stack";
import type { Finding, Rule } from "../engine/verdicts";

const fix =
  "Use a storage class from the topology's list of network classes, run it on an always-on node, or, if losing the data costs nothing, say why with homelab.dev/ephemeral on the pod template.";

export const nodeLocalClaim: Rule = {
  name: "node-local-claim",
  title: "No claim on node-local storage for what runs on an on-demand node",
  why: "With a node-local class (K3s takes local-path where none is named) the claim's data is a directory of the node the pod first ran on. It is lost with the node, and until the node is back the pod stays pending.",
  violations: [
    "A pod that can land on an on-demand node uses a PersistentVolumeClaim, or a StatefulSet makes one from its template, and the class is node-local, not named, named only by the old annotation, or not in the topology's list of network classes.",
    'The class is "" and the volume it binds is local, or no volume for it was found.',
    "A class of a listed name that the stack itself defines with a node-local provisioner.",
    "A claim that is not found in anything that was read: it could be on the node.",
    "With --node: a claim on its own, since the claim is what would be moved there.",
  ],
  allowed: [
    "Claims of classes in the topology's list of network classes.",
    "Claims bound to a volume off the node (nfs, iscsi, …) or to a local one whose affinity excludes on-demand nodes.",
    "Generic ephemeral volumes: they live and die with the pod.",
  ],
  wayOut: fix,
  *check(stack): Iterable<Finding> {
    const exempted = new Set<string>();
    const used = new Set<string>();
    for (const workload of stack.facts.workloads) {
      const node = stack.landsOn(workload.placement);
      if (node === undefined) continue;
      for (const volume of workload.volumes) yield* judgeVolume(workload, volume, node, stack);
      noteUses(workload, stack, used, exempted);
    }
    if (stack.forcedNode !== undefined) yield* judgeClaimsAlone(stack, used, exempted);
  },
};

function* judgeVolume(workload: Workload, volume: Volume, node: string, stack: Stack): Iterable<Finding> {
  const { source } = volume;
  const { origin } = workload;
  let why: string | undefined;
  if (source.kind === "claim") why = whyClaimIsLocal(source.claim, workload.namespace, origin, stack);
  else if (source.kind === "claimTemplate") why = whySpecIsLocal(source.spec, origin, stack);
  if (why === undefined) return;
  const claim = source.kind === "claim" && typeof source.claim === "string" ? [source.claim] : [];
  yield {
    file: volume.file ?? origin.file,
    resource: origin.resource,
    detail: `Volume ${volume.name} of ${origin.resource} would keep its data on the on-demand node ${node}: ${why}.`,
    fix,
    ephemeral: workload.ephemeral,
    names: [volume.name, ...claim, ...volume.mounts.map((mount) => mount.target)],
  };
}

/** Remembers which claims are used, and which of them only by workloads that declare them ephemeral. */
function noteUses(workload: Workload, stack: Stack, used: Set<string>, exempted: Set<string>): void {
  for (const { name, source, mounts } of workload.volumes) {
    if (source.kind !== "claim" || typeof source.claim !== "string") continue;
    const names = [name, source.claim, ...mounts.map((mount) => mount.target)];
    const covered = coversVolume(workload.ephemeral, names);
    for (const claim of stack.claims(source.claim, workload.namespace, workload.origin)) {
      (covered ? exempted : used).add(keyOf(claim.origin.file, claim.origin.resource));
    }
  }
}

function* judgeClaimsAlone(
  stack: Stack,
  used: ReadonlySet<string>,
  exempted: ReadonlySet<string>,
): Iterable<Finding> {
  const node = stack.forcedNode;
  if (node === undefined || stack.landsOn({ kind: "host", host: node }) === undefined) return;
  for (const claim of stack.facts.claims) {
    const { file, resource } = claim.origin;
    const key = keyOf(file, resource);
    if (exempted.has(key) && !used.has(key)) continue;
    const why = whyDefinedClaimIsLocal(claim, stack);
    if (why === undefined) continue;
    yield {
      file,
      resource,
      detail: `${resource} would keep its data on the on-demand node ${node}: ${why}.`,
      fix: "Use a storage class from the topology's list of network classes, or declare the volume ephemeral, with a reason, on the pod template that uses it.",
    };
  }
}

function keyOf(file: string, resource: string): string {
  return `${file}\n${resource}`;
}
