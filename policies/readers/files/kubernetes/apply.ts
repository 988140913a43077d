/** Patches laid upon objects: strategic merge as far as pods need it, and the operations of RFC 6902. */
import { at, fields, list, record, records, text } from "../../values";
import type { Values } from "../../values";

/** Lists whose items are merged by one of their fields. */
const keys: Readonly<Record<string, readonly string[]>> = {
  containers: ["name"],
  initContainers: ["name"],
  ephemeralContainers: ["name"],
  volumes: ["name"],
  env: ["name"],
  imagePullSecrets: ["name"],
  volumeMounts: ["mountPath"],
  volumeDevices: ["devicePath"],
  volumeClaimTemplates: ["metadata", "name"],
};

/** Sources of which a volume has one: another one takes its place. */
const notSources = new Set(["name"]);

/** An object with a patch upon it; undefined where the patch deletes it. */
export function mergePatch(base: Values, patch: Values): Values | undefined {
  if (patch.$patch === "delete") return undefined;
  if (patch.$patch === "replace") return without(patch, "$patch");
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(patch)) {
    const before = merged.get(key);
    if (value === null) merged.delete(key);
    else if (Array.isArray(value)) merged.set(key, mergeLists(key, list(before), list(value)));
    else if (record(value) !== undefined) {
      const below = mergePatch(fields(before), fields(value));
      if (below === undefined) merged.delete(key);
      else merged.set(key, below);
    } else merged.set(key, value);
  }
  return Object.fromEntries(merged);
}

function mergeLists(key: string, base: readonly unknown[], over: readonly unknown[]): readonly unknown[] {
  const by = keys[key];
  if (by === undefined || records(over).some((one) => one.$patch === "replace")) {
    return over.filter((one) => at(one, "$patch") === undefined);
  }
  const nameOf = (one: unknown): string => text(at(one, ...by)) ?? "";
  const merged = new Map(base.map((one) => [nameOf(one), one]));
  for (const one of records(over)) {
    const before = record(merged.get(nameOf(one)));
    const result = before === undefined ? one : mergePatch(before, one);
    if (result === undefined || one.$patch === "delete") merged.delete(nameOf(one));
    else merged.set(nameOf(one), key === "volumes" ? withOneSource(result, one) : result);
  }
  return [...merged.values()];
}

/** A volume whose source the patch states has that one only. */
function withOneSource(volume: Values, patch: Values): Values {
  const stated = Object.keys(patch).filter((key) => !notSources.has(key) && patch[key] !== null);
  if (stated.length === 0) return volume;
  return Object.fromEntries(
    Object.entries(volume).filter(([key]) => notSources.has(key) || stated.includes(key)),
  );
}

function without(map: Values, key: string): Values {
  return Object.fromEntries(Object.entries(map).filter(([name]) => name !== key));
}

/** An object with the operations done; those that do not fit are left out. */
export function applyOperations(object: Values, operations: readonly Values[]): Values {
  return operations.reduce<Values>((now, operation) => {
    const path = pointer(operation.path);
    switch (text(operation.op)) {
      case "add":
        return fields(changed(now, path, { value: operation.value, inserts: true }));
      case "replace":
        return fields(changed(now, path, { value: operation.value, inserts: false }));
      case "remove":
        return fields(changed(now, path, undefined));
      case "copy":
      case "move": {
        const from = pointer(operation.from);
        const value = from.reduce<unknown>((here, key) => (here as Values | undefined)?.[key], now);
        const rest = operation.op === "move" ? changed(now, from, undefined) : now;
        return fields(changed(rest, path, { value, inserts: true }));
      }
      default:
        return now;
    }
  }, object);
}

function pointer(path: unknown): readonly string[] {
  const parts = (text(path) ?? "").split("/").slice(1);
  return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

interface Change {
  readonly value: unknown;
  readonly inserts: boolean;
}

/** A copy with what stands at a path set, or taken away where there is no change. */
function changed(here: unknown, path: readonly string[], change: Change | undefined): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return change === undefined ? undefined : change.value;
  if (Array.isArray(here)) {
    const items = [...(here as readonly unknown[])];
    const index = key === "-" ? items.length : Number(key);
    if (rest.length > 0) items[index] = changed(items[index], rest, change);
    else if (change === undefined) items.splice(index, 1);
    else items.splice(index, change.inserts ? 0 : 1, change.value);
    return items;
  }
  const map = new Map(Object.entries(fields(here)));
  const below = rest.length > 0 ? changed(map.get(key), rest, change) : change?.value;
  if (rest.length === 0 && change === undefined) map.delete(key);
  else map.set(key, below);
  return Object.fromEntries(map);
}
