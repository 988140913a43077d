/** The words by which operators' resources and Helm values speak of storage. */
import { at, fields, record, text, yes } from "../../values";
import type { Values } from "../../values";
import { quantity } from "./claims";

/** Keys under which nothing of this object's own storage stands. */
export const elsewhereKeys: ReadonlySet<string> = new Set([
  "annotations",
  "labels",
  "metadata",
  "limits",
  "securityContext",
  "podSecurityContext",
  "matchLabels",
  "openAPIV3Schema",
  "nodeSelector",
  "affinity",
  "tolerations",
]);

/** Keys of a pod spec that are read as such. */
export const podKeys: ReadonlySet<string> = new Set([
  "containers",
  "initContainers",
  "ephemeralContainers",
  "volumes",
  "volumeMounts",
]);

export const mountsKey = /mounts$/i;
export const volumesKey = /volumes$/i;

/** Sources by which a list of volumes is known to be one of pods. */
const podSources = [
  "hostPath",
  "persistentVolumeClaim",
  "emptyDir",
  "nfs",
  "csi",
  "flexVolume",
  "hostDisk",
  "dataVolume",
];

export function isPodVolume(volume: Values): boolean {
  return (
    text(volume.name) !== undefined && podSources.some((key) => key in volume && volume[key] !== undefined)
  );
}

export const classKey = /storage_?class(_?name)?$/i;

export const claimNameKey =
  /^(claimName|existing_?(claim|pvc|volumeClaim|persistentVolumeClaim|pvcName|claimName)|(pvc|volumeClaim|persistentVolumeClaim)(Name)?)$/i;

/** Switches such as `persistent: true`. */
export const switchKey = /^(persistent|persistence|persistence[._]?enabled|enablePersistence|persistData)$/i;

/** Sizes that say by themselves that a claim will be made. */
export const loneSizeKey =
  /^(storage(Size|Capacity|Request)?|diskSize|pvcSize|dataVolumeCapacity|volumeSize)$/i;

/** Sizes within a block of storage. */
export const sizeKey =
  /^(storage|storageSize|storageCapacity|capacity|size|diskSize|volumeSize|volumeCapacity)$/i;

/** Types of storage that keep nothing or keep it elsewhere. */
export const ephemeralType =
  /^(ephemeral|empty-?dir|memory|tmpfs|none|config-?map|secret|nfs|s3|gcs|gs|azure|azblob|swift|cos|oss|b2|image|object|http|remote)$/i;

const claimWords = /volumeClaim|pvc|claimTemplate/i;
const persistWords = /persist(ence|ent)/i;
const storageKey =
  /storage$|storageConfigs?$|storageSpec$|^storages$|^dataStore$|volume$|volumeSpec$|volumeSource$|^requests$|^disks?$/i;

/** Words of keys that talk about storage without being any. */
const talk =
  /retention|policy|delet|reclaim|resiz|expan|monitor|metric|probe|usage|alert|label|annotation|mode$|prefix|unused|autogrow|objectStorage|ephemeral-storage|mount|permission|session|sizeLimit/i;

/** True for keys whose objects are blocks of storage. */
export function isStorageKey(key: string): boolean {
  if (talk.test(key)) return false;
  return claimWords.test(key) || persistWords.test(key) || storageKey.test(key);
}

export function claimNameIn(block: Values): string | undefined {
  for (const [key, value] of Object.entries(block)) {
    if (!claimNameKey.test(key)) continue;
    const name = typeof value === "string" ? value : undefined;
    if (name !== undefined && name !== "") return name;
  }
  return undefined;
}

/** Plain settings that make an object a block of its own, not a map of blocks by name. */
const ownSettings =
  /^(enabled|size|type|accessModes?|storageClass(Name)?|existingClaim|hostPath|mountPath|capacity|class|retain)$/i;

/** Objects that belong to a block: parts of a claim, not blocks by the name of "spec". */
const ownParts =
  /^(spec|template|resources|requests|limits|metadata|labels|annotations|selector|dataSource|emptyDir|pvc|volumeClaim.*|persistentVolumeClaim.*)$/i;

/** The named entries of a block that is a map of blocks: app-template's persistence, strimzi's jbod volumes. */
export function entriesOf(key: string, block: Values): readonly (readonly [string, unknown])[] | undefined {
  const volumes = block.volumes;
  if (Array.isArray(volumes) && volumes.length > 0) {
    return volumes.map((item, index) => [String(index), item] as const);
  }
  if (!persistWords.test(key) || key.endsWith("Volume")) return undefined;
  const entries = Object.entries(block);
  const isMap = entries.every(([name, item]) =>
    record(item) === undefined ? !ownSettings.test(name) : !ownParts.test(name) || saysWhatItIs(item),
  );
  const named = entries.filter(([, item]) => isEntry(item));
  return isMap && named.length > 0 ? named : undefined;
}

/** True for an object that could only be a volume, whatever its name. */
function saysWhatItIs(value: unknown): boolean {
  const entry = fields(value);
  return ["type", "existingClaim", "globalMounts", "advancedMounts"].some((key) => entry[key] !== undefined);
}

function isEntry(value: unknown): boolean {
  const entry = record(value);
  return (
    entry !== undefined &&
    (Object.keys(entry).length === 0 ||
      Object.keys(entry).some(
        (key) => ownSettings.test(key) || claimNameKey.test(key) || /mounts?$/i.test(key),
      ))
  );
}

/** True when a block without a claim's spec still means that a claim will be made. */
export function isOn(key: string, block: Values, helm: boolean): boolean {
  const keys = Object.keys(block);
  // To a chart's templates a text that is not empty is true.
  const enabled = yes(block.enabled) || (helm && typeof block.enabled === "string" && block.enabled !== "");
  if (enabled && (claimWords.test(key) || persistWords.test(key))) return true;
  if (/persistent/i.test(text(block.type) ?? "")) return true;
  // An entry of a map of volumes is a claim unless it says otherwise.
  if (/^persist.*Volume$/i.test(key)) return true;
  if (keys.some((name) => /^accessModes?$/i.test(name))) return true;
  if (keys.some((name) => sizeKey.test(name) && (quantity(text(block[name])) ?? 0) > 0)) return true;
  if (classesIn(block).some((name) => name !== "" || !helm)) return true;
  return claimWords.test(key) && !helm && !persistWords.test(key);
}

/** The name of a class that is written as an object: `storageClass: {name: x}`. */
export function nameOfClass(value: unknown): string | undefined {
  const node = record(value);
  return text(node?.name) ?? text(node?.className) ?? text(node?.storageClassName);
}

/** Names of classes anywhere in a block. */
export function classesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => classesIn(item));
  return Object.entries(fields(value)).flatMap(([key, item]) => {
    if (elsewhereKeys.has(key)) return [];
    const name = text(item);
    if (name !== undefined) return classKey.test(key) || key === "class" ? [name] : [];
    const written = classKey.test(key) ? nameOfClass(item) : undefined;
    return written === undefined ? classesIn(item) : [written];
  });
}

/** True when every stated mount of an app-template volume is read-only. */
export function mountsReadOnly(block: Values): boolean {
  if (yes(block.readOnly)) return true;
  const mounts = [...mountsIn(block.globalMounts), ...mountsIn(block.advancedMounts)];
  return mounts.length > 0 && mounts.every((mount) => yes(mount.readOnly));
}

function mountsIn(value: unknown): readonly Values[] {
  if (Array.isArray(value)) return value.flatMap((item) => mountsIn(item));
  const node = record(value);
  if (node === undefined) return [];
  if (text(node.path) !== undefined || node.readOnly !== undefined) return [node];
  return Object.values(node).flatMap((item) => mountsIn(item));
}

/** Where custom resources state placement, seen from an object that holds storage. */
export const placementPaths: readonly (readonly string[])[] = [
  [],
  ["affinity"],
  ["scheduling"],
  ["pod"],
  ["pods"],
  ["podTemplate", "spec"],
  ["template", "spec"],
  ["template", "pod"],
  ["override", "statefulSet", "spec", "template", "spec"],
  ["placement"],
  ["placement", "all"],
  ["defaultPodOptions"],
];

export function statesPlacement(node: Values): boolean {
  return (
    record(node.nodeSelector) !== undefined ||
    at(node, "affinity", "nodeAffinity") !== undefined ||
    record(node.nodeAffinity) !== undefined ||
    text(node.nodeName) !== undefined ||
    Array.isArray(node.tolerations)
  );
}
