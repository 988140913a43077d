/**
 * Finds storage in objects of any shape: custom resources and Helm values.
 *
 * There are hundreds of operators and thousands of charts, and nearly all of them say "storage" with the same
 * few words. The words are in words.ts; this file knows what to do when one is met.
 */
import { isUnknown, unknown } from "../../../engine/facts";
import type { ClaimSpec, Mount, OperatorStorage, ScheduledPlacement, Workload } from "../../../engine/facts";
import { anywhere } from "../../../engine/facts";
import { ephemeralFrom } from "../../ephemeral";
import { at, fields, no, record, records, text, yes } from "../../values";
import type { Values } from "../../values";
import { toldPath } from "../../variables";
import { claimSpec, className, quantity } from "./claims";
import { bothPlacements, placementOf } from "./placement";
import { collectMounts, podVolumes, readPodSpec } from "./pods";
import { podVolumeSource, toldName } from "./volumes";
import * as words from "./words";

type Base = Pick<OperatorStorage, "origin" | "namespace" | "by" | "ephemeral">;

export class StorageScan {
  readonly storage: OperatorStorage[] = [];
  readonly #workloads: Workload[] = [];
  readonly #mounts = new Map<string, Mount[]>();
  /** True when a block was met that switches storage off or makes it ephemeral. */
  foundEphemeral = false;

  /** @param defaultClass the class of blocks that name none (Helm's global.storageClass) */
  constructor(
    private readonly base: Base,
    private readonly defaultClass?: string,
  ) {}

  get foundStorage(): boolean {
    return this.storage.length > 0;
  }

  workloads(): readonly Workload[] {
    return this.#workloads;
  }

  /** Another scan for a part of the same resource. */
  fresh(): StorageScan {
    return new StorageScan(this.base, this.defaultClass);
  }

  /** Placement that an object states for all that is made from it. */
  placementAt(node: Values): ScheduledPlacement {
    return this.#placementHere(node, anywhere);
  }

  visit(root: Values): void {
    this.#collectMounts(root);
    this.#object(root, "", anywhere);
  }

  add(field: string, storage: OperatorStorage["storage"], placement: ScheduledPlacement = anywhere): void {
    this.storage.push({ ...this.base, field, storage, placement });
  }

  #collectMounts(value: unknown): void {
    if (Array.isArray(value)) for (const item of value) this.#collectMounts(item);
    const node = record(value);
    if (node === undefined) return;
    for (const [key, item] of Object.entries(node)) {
      if (words.mountsKey.test(key))
        collectMounts({ volumeMounts: item }, text(node.name) ?? key, this.#mounts);
      if (typeof item === "object") this.#collectMounts(item);
    }
  }

  #any(value: unknown, path: string, placement: ScheduledPlacement): void {
    if (Array.isArray(value)) {
      for (const item of value) this.#any(item, path.endsWith("[]") ? path : `${path}[]`, placement);
      return;
    }
    const node = record(value);
    if (node !== undefined) this.#object(node, path, placement);
  }

  #object(node: Values, path: string, around: ScheduledPlacement): void {
    const placement = this.#placementHere(node, around);
    if (this.#isOff(node.enabled)) {
      this.#hostPathsIn(node, path, placement);
      return;
    }
    const isPod = records(node.containers).length > 0;
    if (isPod) this.#pod(node, path, placement);
    const emptied = Object.entries(node).some(
      ([key, value]) => words.isStorageKey(key) && isEphemeralBlock(value, this.base.by),
    );
    for (const [key, value] of Object.entries(node)) {
      if (isPod && words.podKeys.has(key)) continue;
      if (value === null || value === undefined || words.elsewhereKeys.has(key)) continue;
      const here = path === "" ? key : `${path}.${key}`;
      if (this.#volumeList(key, value, here, placement)) continue;
      const className = words.classKey.test(key) ? words.nameOfClass(value) : undefined;
      if (className !== undefined) this.#claim(here, this.#className(className), placement);
      else if (typeof value === "object") {
        if (words.isStorageKey(key)) this.#block(key, value, here, node, placement);
        else this.#any(value, here, placement);
      } else if (!emptied) this.#scalar(key, value, here, node, placement);
    }
  }

  /** To a chart's templates a text that is not empty is true, "false" too. */
  #isOff(value: unknown): boolean {
    return this.base.by === "helm" ? value === false : no(value);
  }

  /** Directories of the node that a block which is switched off switches on all the same. */
  #hostPathsIn(node: Values, path: string, placement: ScheduledPlacement): void {
    for (const [key, value] of Object.entries(node)) {
      const inner = record(value);
      if (!/^host_?path$/i.test(key) || inner === undefined || !yes(inner.enabled)) continue;
      const at = text(inner.path) ?? text(inner.hostPath);
      const told = at === undefined ? unknown("it states no path") : toldPath(at);
      if (!words.mountsReadOnly(inner))
        this.add(`${path}.${key}`, { kind: "hostPath", path: told }, placement);
    }
  }

  /** Placement stated at this object, in the usual places, together with what stands further out. */
  #placementHere(node: Values, around: ScheduledPlacement): ScheduledPlacement {
    let placement = around;
    for (const path of words.placementPaths) {
      const stated = record(at(node, ...path));
      if (stated === undefined || !words.statesPlacement(stated)) continue;
      placement = bothPlacements(placement, placementOf(stated));
      // Rook and others state a node affinity without the affinity around it.
      if (stated.nodeAffinity !== undefined) {
        placement = bothPlacements(placement, placementOf({ affinity: stated }));
      }
    }
    return placement;
  }

  #pod(node: Values, path: string, placement: ScheduledPlacement): void {
    const own = new Map<string, Mount[]>();
    collectMounts({ volumeMounts: node.volumeMounts }, path, own);
    const { volumes, containers } = readPodSpec(node);
    this.#push(
      volumes.map((volume) => {
        const mounts = [...volume.mounts, ...(own.get(volume.name) ?? [])];
        if (mounts.length > 0) return { ...volume, mounts, mountsKnown: true };
        const elsewhere = this.#mounts.get(volume.name) ?? [];
        return { ...volume, mounts: elsewhere, mountsKnown: volume.mountsKnown || elsewhere.length > 0 };
      }),
      placement,
      containers,
      node,
    );
  }

  #push(
    volumes: Workload["volumes"],
    placement: ScheduledPlacement,
    containers: Workload["containers"] = [],
    template: Values = {},
  ): void {
    const metadata = fields(template.metadata);
    const ephemeral = this.base.ephemeral ?? ephemeralFrom(metadata.annotations, metadata.labels);
    this.#workloads.push({
      origin: this.base.origin,
      engine: "kubernetes",
      ...(this.base.namespace === undefined ? {} : { namespace: this.base.namespace }),
      placement,
      volumes,
      containers,
      ...(ephemeral === undefined ? {} : { ephemeral }),
    });
  }

  /** Lists of pod volumes that stand outside of a pod spec; true where the value was one. */
  #volumeList(key: string, value: unknown, path: string, placement: ScheduledPlacement): boolean {
    if (!words.volumesKey.test(key) || !Array.isArray(value)) return false;
    const volumes = records(value).filter((volume) => words.isPodVolume(volume));
    if (volumes.length === 0) return false;
    if (volumes.some((volume) => "emptyDir" in volume)) this.foundEphemeral = true;
    const read = podVolumes(volumes, this.#mounts, false).filter(
      ({ source }) => source.kind !== "unknown" && source.kind !== "config",
    );
    if (read.length > 0) this.#push(read, placement);
    return path !== "";
  }

  #scalar(key: string, value: unknown, path: string, parent: Values, placement: ScheduledPlacement): void {
    const content = text(value) ?? "";
    if (words.claimNameKey.test(key)) {
      if (content !== "") this.add(path, { kind: "claim", claim: toldName(content) }, placement);
    } else if (words.classKey.test(key)) {
      // An empty class in Helm values means the chart's default, which says nothing by itself.
      if (content !== "" || this.base.by === "operator") this.#claim(path, className(content), placement);
    } else if (words.switchKey.test(key) && yes(value)) {
      this.#claim(path, this.#siblingClass(parent), placement);
    } else if (words.loneSizeKey.test(key) && (quantity(content) ?? 0) > 0) {
      if (!hasClass(parent)) this.#claim(path, this.#siblingClass(parent), placement);
    } else if (key === "hostPath" && content.startsWith("/") && !yes(parent.readOnly)) {
      this.add(path, { kind: "hostPath", path: toldPath(content) }, placement);
    }
  }

  #block(key: string, value: unknown, path: string, parent: Values, placement: ScheduledPlacement): void {
    if (Array.isArray(value)) {
      for (const item of value) this.#block(key, item, `${path}[]`, parent, placement);
      return;
    }
    const block = record(value);
    if (block === undefined) return;
    if (isEphemeralBlock(block, this.base.by)) {
      this.foundEphemeral = true;
      this.#hostPathsIn(block, path, placement);
      return;
    }
    if (this.#pathBlock(block, path, placement)) return;
    const claim = words.claimNameIn(block);
    if (claim !== undefined) {
      this.add(path, { kind: "claim", claim: toldName(claim) }, placement);
      return;
    }
    const inner = words.entriesOf(key, block);
    if (inner !== undefined) {
      for (const [name, item] of inner)
        this.#block(`${key}Volume`, item, `${path}.${name}`, parent, placement);
      return;
    }
    const specs = claimSpecsIn(block);
    if (specs.length > 0) {
      for (const spec of specs) this.#spec(path, spec, block, parent, placement);
      return;
    }
    if (words.isOn(key, block, this.base.by === "helm")) {
      this.#claim(path, this.#classIn(block, parent), placement);
      return;
    }
    this.#object(block, path, placement);
  }

  /** A block that is a directory of the node; true where it was one. */
  #pathBlock(block: Values, path: string, placement: ScheduledPlacement): boolean {
    const custom = record(block.volumeSpec);
    const source = custom === undefined ? undefined : podVolumeSource(custom);
    if (source !== undefined && /^(network|ephemeral|config)$/.test(source.kind)) {
      this.foundEphemeral = true;
      return true;
    }
    const hostPath = source?.kind === "hostPath" ? source.path : statedHostPath(block);
    if (hostPath === undefined) return false;
    if (!words.mountsReadOnly(block)) this.add(path, { kind: "hostPath", path: hostPath }, placement);
    return true;
  }

  #spec(path: string, spec: ClaimSpec, block: Values, parent: Values, placement: ScheduledPlacement): void {
    const named = spec.class.kind === "unnamed" || (spec.class.kind === "none" && this.base.by === "helm");
    const effective = named ? { ...spec, class: this.#classIn(block, parent) } : spec;
    this.add(path, { kind: "claimTemplate", spec: effective }, placement);
  }

  #claim(path: string, name: ClaimSpec["class"], placement: ScheduledPlacement): void {
    this.add(path, { kind: "claimTemplate", spec: { class: name } }, placement);
  }

  #classIn(block: Values, parent: Values): ClaimSpec["class"] {
    const found = words.classesIn(block).filter((name) => name !== "" || this.base.by === "operator");
    const names = [...new Set(found)];
    if (names.length > 1) return unknown(`it names several: ${names.join(", ")}`);
    return names[0] === undefined ? this.#siblingClass(parent) : this.#className(names[0]);
  }

  #siblingClass(parent: Values): ClaimSpec["class"] {
    for (const [key, value] of Object.entries(parent)) {
      const name = words.classKey.test(key) ? text(value) : undefined;
      if (name !== undefined && name !== "") return this.#className(name);
    }
    return className(this.defaultClass);
  }

  #className(name: string): ClaimSpec["class"] {
    // Helm charts write "-" for the empty class.
    return this.base.by === "helm" && name === "-" ? { kind: "none" } : className(name);
  }
}

function hasClass(node: Values): boolean {
  return Object.entries(node).some(([key, value]) => words.classKey.test(key) && (text(value) ?? "") !== "");
}

/** True when a block says in the operator's own way that it keeps nothing, or keeps it off the node. */
function isEphemeralBlock(value: unknown, by: OperatorStorage["by"]): boolean {
  const block = record(value);
  if (block === undefined) return false;
  if (by === "helm" ? block.enabled === false : no(block.enabled)) return true;
  const type = text(block.type) ?? text(block.storageType) ?? "";
  if (words.ephemeralType.test(type)) return true;
  for (const key of ["emptyDir", "ephemeral"]) {
    const stated = block[key];
    if (stated !== undefined && !no(stated)) return true;
  }
  const size = Object.entries(block).find(([key]) => words.sizeKey.test(key));
  return size !== undefined && quantity(text(size[1])) === 0;
}

function statedHostPath(block: Values): ReturnType<typeof toldPath> | undefined {
  const value = block.hostPath;
  const path = text(value) ?? text(at(value, "path"));
  if (path === undefined || path === "" || no(at(value, "enabled"))) {
    return text(block.type) === "hostPath" ? unknown("it states no path") : undefined;
  }
  const told = toldPath(path);
  return isUnknown(told) ? told : path;
}

/** Specs of claims anywhere in a block, recognised by fields that only a claim has. */
function claimSpecsIn(value: unknown): readonly ClaimSpec[] {
  if (Array.isArray(value)) return value.flatMap((item) => claimSpecsIn(item));
  const node = record(value);
  if (node === undefined) return [];
  const isSpec =
    node.storageClassName !== undefined || at(node, "resources", "requests", "storage") !== undefined;
  if (isSpec) return [claimSpec(node)];
  const inner = record(node.spec);
  if (inner !== undefined && record(node.metadata) !== undefined) return [claimSpec(inner, node.metadata)];
  return Object.entries(node).flatMap(([key, item]) =>
    words.elsewhereKeys.has(key) ? [] : claimSpecsIn(item),
  );
}
