/** What a manifest does not say yet: where that hides volumes it is named, where it hides placement it counts as none. */
import { fields, record, records } from "../values";
import type { Values } from "../values";
import { hasNotYet, isNotYet } from "./resource";

/** Fields whose absence would look like "no volumes": unknown, they are the worst case. */
const structural = new Set([
  "spec",
  "template",
  "jobTemplate",
  "volumes",
  "containers",
  "initContainers",
  "volumeMounts",
  "volumeDevices",
  "volumeClaimTemplates",
  "storage",
  "persistence",
  "resources",
  "hostPath",
  "local",
  "nfs",
  "csi",
  "persistentVolumeClaim",
]);

/** Paths in a manifest at which a whole structure is not known yet. */
export function unknownPlaces(manifest: Values): readonly string[] {
  if (!hasNotYet(manifest)) return [];
  const found: string[] = [];
  const walk = (value: unknown, path: string, key: string): void => {
    if (isNotYet(value)) {
      if (structural.has(key) && key !== "resources") found.push(path);
      return;
    }
    if (Array.isArray(value)) {
      value.forEach((item: unknown, index) => {
        walk(item, `${path}[${index}]`, key);
      });
      return;
    }
    for (const [name, item] of Object.entries(fields(value))) {
      if (name === "metadata" || name === "status" || name === "data" || name === "stringData") continue;
      walk(item, path === "" ? name : `${path}.${name}`, name);
    }
  };
  walk(manifest, "", "");
  return found;
}

/** The manifest with placement that is not known yet left out: it keeps nothing away. */
export function loosened(value: unknown): Values {
  return fields(hasNotYet(value) ? loosen(value, "") : value);
}

function loosen(value: unknown, key: string): unknown {
  if (Array.isArray(value)) {
    const items = value as unknown[];
    if (key === "tolerations") return items.map((item) => (hasNotYet(item) ? { operator: "Exists" } : item));
    if (key === "matchExpressions" || key === "matchFields") return items.filter((item) => !hasNotYet(item));
    return items.map((item) => loosen(item, key));
  }
  const own = record(value);
  if (own === undefined) {
    if (!isNotYet(value)) return value;
    if (key === "tolerations") return [{ operator: "Exists" }];
    return key === "nodeSelector" || key === "affinity" || key === "nodeAffinity" ? undefined : value;
  }
  if (key === "nodeSelector")
    return Object.fromEntries(Object.entries(own).filter(([, item]) => !hasNotYet(item)));
  if (key === "labels" || key === "annotations") {
    // A reason nobody can read is none.
    return Object.fromEntries(
      Object.entries(own).filter(([name, item]) => !(name.startsWith("homelab.dev/") && hasNotYet(item))),
    );
  }
  const terms = records(own.nodeSelectorTerms);
  if (isNotYet(own.nodeSelectorTerms) || (terms.length === 0 && hasNotYet(own.nodeSelectorTerms)))
    return undefined;
  return Object.fromEntries(Object.entries(own).map(([name, item]) => [name, loosen(item, name)]));
}
