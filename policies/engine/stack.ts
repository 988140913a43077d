/** Everything that was read, indexed by name: references are resolved over the whole of it. */
import type {
  Claim,
  ConfigText,
  Facts,
  NamedVolume,
  Origin,
  PersistentVolume,
  Placement,
  StorageClass,
} from "./facts";
import { landsOn } from "./nodes";
import type { Topology } from "./topology";

/**
 * Looks things up by name. Sets of files may hold things of the same name that have nothing to do with each
 * other, so what is nearest wins: the same file, then the same folder, then anywhere.
 */
export class Stack {
  readonly #claims: Map<string, Claim[]>;
  readonly #classes: Map<string, StorageClass[]>;
  readonly #named: Map<string, NamedVolume[]>;
  readonly #volumesByName: Map<string, PersistentVolume[]>;
  readonly #volumesByClaim: Map<string, PersistentVolume[]>;
  readonly #volumesByClass: Map<string, PersistentVolume[]>;
  readonly #texts: Map<string, ConfigText[]>;
  readonly #askedByName: ReadonlySet<string>;
  readonly #filesWithClaims: ReadonlySet<string>;

  constructor(
    readonly facts: Facts,
    readonly topology: Topology,
    readonly forcedNode?: string,
  ) {
    this.#claims = groupBy(facts.claims, (claim) => [claim.name]);
    this.#classes = groupBy(facts.storageClasses, (storageClass) => [storageClass.name]);
    this.#named = groupBy(facts.namedVolumes, (volume) => volume.names);
    this.#volumesByName = groupBy(facts.persistentVolumes, (volume) => [volume.name]);
    this.#volumesByClaim = groupBy(facts.persistentVolumes, (volume) =>
      volume.claimRef ? [volume.claimRef.name] : [],
    );
    this.#volumesByClass = groupBy(facts.persistentVolumes, (volume) => [classKey(volume.class)]);
    this.#askedByName = new Set(facts.claims.flatMap(({ spec }) => spec.volumeName ?? []));
    this.#filesWithClaims = new Set(facts.claims.map(({ origin }) => origin.file));
    this.#texts = groupBy(facts.configTexts, (text) => [`${text.kind} ${text.name}`]);
  }

  /** The on-demand node a placement does not exclude, if any. */
  landsOn(placement: Placement): string | undefined {
    return landsOn(placement, this.topology, this.forcedNode);
  }

  /** The claims a name can mean for a workload; several where none is nearer than the others. */
  claims(name: string, namespace: string | undefined, from: Origin): readonly Claim[] {
    const fitting = (this.#claims.get(name) ?? []).filter((claim) =>
      sameNamespace(claim.namespace, namespace),
    );
    return nearest(fitting, from);
  }

  storageClass(name: string, from: Origin): StorageClass | undefined {
    return nearest(this.#classes.get(name) ?? [], from)[0];
  }

  namedVolumes(name: string, from: Origin): readonly NamedVolume[] {
    return nearest(this.#named.get(name) ?? [], from);
  }

  /** All volumes of a name, however far away. */
  allNamedVolumes(name: string): readonly NamedVolume[] {
    return this.#named.get(name) ?? [];
  }

  persistentVolumesNamed(name: string, from: Origin): readonly PersistentVolume[] {
    return nearest(this.#volumesByName.get(name) ?? [], from);
  }

  persistentVolumesFor(
    claim: string,
    namespace: string | undefined,
    from: Origin,
  ): readonly PersistentVolume[] {
    const fitting = (this.#volumesByClaim.get(claim) ?? []).filter((volume) =>
      sameNamespace(volume.claimRef?.namespace, namespace),
    );
    return nearest(fitting, from);
  }

  /** Volumes of a class that fit what a claim asks for. */
  persistentVolumesOfClass(
    name: PersistentVolume["class"],
    from: Origin,
    fits: (volume: PersistentVolume) => boolean,
  ): readonly PersistentVolume[] {
    return nearest((this.#volumesByClass.get(classKey(name)) ?? []).filter(fits), from);
  }

  /**
   * True when a volume is meant for another claim: one asks for it by name, or it stands in another file beside
   * claims of that file.
   */
  isMeantForAnother(volume: PersistentVolume, from: Origin): boolean {
    if (this.#askedByName.has(volume.name)) return true;
    return volume.origin.file !== from.file && this.#filesWithClaims.has(volume.origin.file);
  }

  configText(reference: string, from: Origin): ConfigText | undefined {
    return nearest(this.#texts.get(reference) ?? [], from)[0];
  }
}

/** Volumes without a class and with the empty one are the same to the binder. */
function classKey(name: PersistentVolume["class"]): string {
  return name.kind === "named" ? `named ${name.name}` : name.kind === "unknown" ? "unknown" : "none";
}

function groupBy<T>(items: readonly T[], keys: (item: T) => readonly string[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    for (const key of keys(item)) {
      const group = groups.get(key);
      if (group) group.push(item);
      else groups.set(key, [item]);
    }
  }
  return groups;
}

/** A namespace left out may be set later (kustomize, `kubectl -n`), so it fits every other. */
function sameNamespace(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}

function nearest<T extends { readonly origin: Origin }>(items: readonly T[], from: Origin): readonly T[] {
  if (items.length < 2) return items;
  const sameFile = items.filter((item) => item.origin.file === from.file);
  if (sameFile.length > 0) return sameFile;
  const folder = folderOf(from.file);
  const sameFolder = items.filter((item) => folderOf(item.origin.file) === folder);
  return sameFolder.length > 0 ? sameFolder : items;
}

function folderOf(file: string): string {
  const slash = file.lastIndexOf("/");
  return slash < 0 ? "" : file.slice(0, slash);
}
