/** Where the data of a claim is: the volume it binds decides, else its class. */
import type { Claim, ClaimSpec, Origin, PersistentVolume, Told } from "./facts";
import { isUnknown } from "./facts";
import { isNetworkDriver, whyNotNetwork } from "./classes";
import type { Stack } from "./stack";

/** Undefined where the claim's data is off the on-demand nodes, else a clause saying why it is not. */
export function whyClaimIsLocal(
  name: Told<string>,
  namespace: string | undefined,
  from: Origin,
  stack: Stack,
): string | undefined {
  if (isUnknown(name)) return `which claim it uses cannot be known: ${name.why}`;
  const claims = stack.claims(name, namespace, from);
  if (claims.length === 0) {
    return isBoundToNetwork(stack.persistentVolumesFor(name, namespace, from))
      ? undefined
      : `the claim ${name} was not found in what was read`;
  }
  for (const claim of claims) {
    const why = whyDefinedClaimIsLocal(claim, stack);
    if (why !== undefined) return `the claim ${name} keeps data on the node: ${why}`;
  }
  return undefined;
}

/** The same for a claim that is at hand. */
export function whyDefinedClaimIsLocal(claim: Claim, stack: Stack): string | undefined {
  return whySpecIsLocal(claim.spec, claim.origin, stack, claim);
}

/** The same for what a claim or template asks for. */
export function whySpecIsLocal(
  spec: ClaimSpec,
  from: Origin,
  stack: Stack,
  claim?: { readonly name: string; readonly namespace?: string },
): string | undefined {
  const bound = boundVolumes(spec, from, stack, claim);
  if (bound.length > 0) {
    for (const volume of bound) {
      const why = whyVolumeIsLocal(volume, stack);
      if (why !== undefined) return why;
    }
    return undefined;
  }
  return whyNotNetwork(spec.class, stack, from);
}

/** Volumes the claim is bound to by name, or would be bound to by what it asks for. */
function boundVolumes(
  spec: ClaimSpec,
  from: Origin,
  stack: Stack,
  claim: { readonly name: string; readonly namespace?: string } | undefined,
): readonly PersistentVolume[] {
  if (spec.volumeName !== undefined) return stack.persistentVolumesNamed(spec.volumeName, from);
  if (claim !== undefined) {
    const reserved = stack.persistentVolumesFor(claim.name, claim.namespace, from);
    if (reserved.length > 0) return reserved;
  }
  // A claim without a class gets the default one before anything is bound.
  if (spec.class.kind === "unnamed" || spec.class.kind === "unknown") return [];
  return stack.persistentVolumesOfClass(
    spec.class,
    from,
    (volume) => fits(volume, spec) && !stack.isMeantForAnother(volume, from),
  );
}

function fits(volume: PersistentVolume, spec: ClaimSpec): boolean {
  if (volume.claimRef !== undefined) return false;
  if ((volume.mode ?? "Filesystem") !== (spec.mode ?? "Filesystem")) return false;
  if (volume.size !== undefined && spec.size !== undefined && volume.size < spec.size) return false;
  if (spec.accessModes?.some((mode) => volume.accessModes?.includes(mode) === false)) return false;
  return Object.entries(spec.matchLabels ?? {}).every(([key, value]) => volume.labels[key] === value);
}

function isBoundToNetwork(volumes: readonly PersistentVolume[]): boolean {
  return volumes.length > 0 && volumes.every((volume) => isOffNode(volume));
}

function isOffNode(volume: PersistentVolume): boolean {
  const { source } = volume;
  return source.kind === "network" || (source.kind === "driver" && isNetworkDriver(source.driver));
}

function whyVolumeIsLocal(volume: PersistentVolume, stack: Stack): string | undefined {
  const { source } = volume;
  if (isOffNode(volume)) return undefined;
  if (source.kind === "unknown")
    return `it binds the volume ${volume.name}, whose kind cannot be known: ${source.why}`;
  if (source.kind === "driver") {
    if (volume.class.kind === "named" && whyNotNetwork(volume.class, stack, volume.origin) === undefined) {
      return undefined;
    }
    return `it binds the volume ${volume.name} of the driver ${source.driver}, which is not known to be off the node`;
  }
  if (stack.landsOn(volume.placement) === undefined) return undefined;
  return `it binds the volume ${volume.name}, a ${source.kind} volume`;
}
