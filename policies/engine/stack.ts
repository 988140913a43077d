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
  Workload,
} from "./facts";
import { NameIndex } from "./name-index";
import { landsOn } from "./nodes";
import type { Topology } from "./topology";

export class Stack {
  readonly #claims: NameIndex<Claim>;
  readonly #classes: NameIndex<StorageClass>;
  readonly #named: NameIndex<NamedVolume>;
  readonly #volumesByName: NameIndex<PersistentVolume>;
  readonly #volumesByClaim: NameIndex<PersistentVolume>;
  readonly #volumesByClass: NameIndex<PersistentVolume>;
  readonly #texts: NameIndex<ConfigText>;
  #reached: NameIndex<Workload> | undefined;
  readonly #askedByName: ReadonlySet<string>;
  readonly #filesWithClaims: ReadonlySet<string>;

  /** @param forcedNode a node that everything is taken to land on, whatever placement is stated */
  constructor(
    readonly facts: Facts,
    readonly topology: Topology,
    readonly forcedNode?: string,
  ) {
    const { claims, persistentVolumes } = facts;
    this.#claims = new NameIndex(claims, (claim) => [claim.name]);
    this.#classes = new NameIndex(facts.storageClasses, (storageClass) => [storageClass.name]);
    this.#named = new NameIndex(facts.namedVolumes, (volume) => volume.names);
    this.#volumesByName = new NameIndex(persistentVolumes, (volume) => [volume.name]);
    this.#volumesByClaim = new NameIndex(persistentVolumes, ({ claimRef }) =>
      claimRef ? [claimRef.name] : [],
    );
    this.#volumesByClass = new NameIndex(persistentVolumes, (volume) => [classKey(volume.class)]);
    this.#texts = new NameIndex(facts.configTexts, (text) => [`${text.kind} ${text.name}`]);
    this.#askedByName = new Set(claims.flatMap(({ spec }) => spec.volumeName ?? []));
    this.#filesWithClaims = new Set(claims.map(({ origin }) => origin.file));
  }

  /** The on-demand node a placement does not exclude, if any. */
  landsOn(placement: Placement): string | undefined {
    return landsOn(placement, this.topology, this.forcedNode);
  }

  /** The claims a name can mean for a workload; several where none is nearer than the others. */
  claims(name: string, namespace: string | undefined, from: Origin): readonly Claim[] {
    return this.#claims.nearest(name, from, (claim) => sameNamespace(claim.namespace, namespace));
  }

  storageClass(name: string, from: Origin): StorageClass | undefined {
    return this.#classes.nearest(name, from)[0];
  }

  namedVolumes(name: string, from: Origin): readonly NamedVolume[] {
    return this.#named.nearest(name, from);
  }

  /** All volumes of a name, however far away. */
  allNamedVolumes(name: string): readonly NamedVolume[] {
    return this.#named.all(name);
  }

  persistentVolumesNamed(name: string, from: Origin): readonly PersistentVolume[] {
    return this.#volumesByName.nearest(name, from);
  }

  /** Volumes that are reserved for a claim by their claimRef. */
  persistentVolumesFor(
    claim: string,
    namespace: string | undefined,
    from: Origin,
  ): readonly PersistentVolume[] {
    return this.#volumesByClaim.nearest(claim, from, ({ claimRef }) =>
      sameNamespace(claimRef?.namespace, namespace),
    );
  }

  /** Volumes of a class that fit what a claim asks for. */
  persistentVolumesOfClass(
    name: PersistentVolume["class"],
    from: Origin,
    fits: (volume: PersistentVolume) => boolean,
  ): readonly PersistentVolume[] {
    return this.#volumesByClass.nearest(classKey(name), from, fits);
  }

  /**
   * True when a volume is meant for another claim: one asks for it by name, or it stands in another file beside
   * claims of that file.
   */
  isMeantForAnother(volume: PersistentVolume, from: Origin): boolean {
    if (this.#askedByName.has(volume.name)) return true;
    return volume.origin.file !== from.file && this.#filesWithClaims.has(volume.origin.file);
  }

  /** Workloads that are reached by a name in their network: that of the object, service, unit or container. */
  reachedAs(name: string, from: Origin): readonly Workload[] {
    this.#reached ??= new NameIndex(this.facts.workloads, namesOf);
    return this.#reached.nearest(name, from);
  }

  configText(reference: string, from: Origin): ConfigText | undefined {
    return this.#texts.nearest(reference, from)[0];
  }
}

/** "service db", "Deployment work/db", "unit db.container (…)" and the containers' own names. */
function namesOf({ origin, containers }: Workload): readonly string[] {
  const own = /^\w+ (?:docker )?(?:[^\s/]+\/)?([^\s/]+)/.exec(origin.resource)?.[1] ?? "";
  const unit = own.replace(/\.container$/, "");
  return [...new Set([own, unit, `systemd-${unit}`, ...containers.map(({ name }) => name)])];
}

/** Volumes without a class and with the empty one are the same to the binder. */
function classKey(name: PersistentVolume["class"]): string {
  return name.kind === "named" ? `named ${name.name}` : name.kind === "unknown" ? "unknown" : "none";
}

/** A namespace left out may be set later (kustomize, `kubectl -n`), so it fits every other. */
function sameNamespace(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}
