/** What patches and replacements make of what they change, where they take something away or set it from elsewhere. */
import { at, fields, list, record, records, text, texts } from "../../values";
import type { Values } from "../../values";
import type { ObjectContext } from "../context";
import { basesOf } from "./patches";
import type { Kustomization } from "./patches";

/** Places whose removal puts data or a pod somewhere else than the base says. */
const telling =
  /storageClass|nodeSelector|affinity|nodeName|tolerations|ephemeral|readOnly|emptyDir|enabled|persistence|volumeName|tmpfs|nfs/i;

/**
 * Reads what is left of the bases where operations of a JSON patch (RFC 6902) take such a place away or move it. What
 * they put in place is judged by itself.
 */
export function readRemovals(
  operations: readonly unknown[],
  target: Values,
  by: Kustomization,
  context: ObjectContext,
): void {
  const takes = records(operations).some(
    ({ op, path, from }) =>
      (op === "remove" && telling.test(text(path) ?? "")) ||
      (op === "move" && telling.test(text(from) ?? "")),
  );
  if (!takes) return;
  for (const base of basesOf(target, by, context)) {
    context.readObject(records(operations).reduce(applied, base), { ...context, isPartial: false });
  }
}

/** Kustomize's replacements: a value of one resource put into others. */
export function readReplacements(document: Values, by: Kustomization, context: ObjectContext): void {
  for (const replacement of records(document.replacements)) {
    const source = fields(replacement.source);
    const [from] = basesOf(source, by, context);
    const path = text(source.fieldPath) ?? "metadata.name";
    const value = from === undefined ? undefined : text(at(from, ...path.split(".")));
    for (const one of records(replacement.targets)) {
      const places = texts(one.fieldPaths).filter((place) => telling.test(place));
      if (places.length === 0) continue;
      for (const base of basesOf(fields(one.select), by, context)) {
        const changed = places.reduce(
          (whole, place) =>
            put(whole, pointer(place), value ?? `\${${path} of ${text(source.kind) ?? "a source"}}`),
          base,
        );
        context.readObject(changed, { ...context, isPartial: false });
      }
    }
  }
}

function pointer(path: string): readonly string[] {
  return path.split(/(?<!\\)\./).map((key) => key.replaceAll("\\.", ".").replace(/^\[(.*)\]$/, "$1"));
}

function applied(whole: Values, operation: Values): Values {
  const path = keys(operation.path);
  switch (operation.op) {
    case "remove":
      return fields(without(whole, path));
    case "add":
    case "replace":
      return put(whole, path, operation.value);
    case "move": {
      const from = keys(operation.from);
      return put(fields(without(whole, from)), path, valueAt(whole, from));
    }
    case "copy":
      return put(whole, path, valueAt(whole, keys(operation.from)));
    default:
      return whole;
  }
}

function keys(path: unknown): readonly string[] {
  return (text(path) ?? "")
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  return valueAt(Array.isArray(value) ? (value as unknown[])[Number(key)] : record(value)?.[key], rest);
}

function without(value: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return undefined;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    return items.flatMap((item, at) =>
      String(at) !== key ? [item] : rest.length === 0 ? [] : [without(item, rest)],
    );
  }
  const own = record(value);
  if (own === undefined || !(key in own)) return value;
  return Object.fromEntries(
    Object.entries(own).flatMap(([name, item]) =>
      name !== key
        ? [[name, item] as const]
        : rest.length === 0
          ? []
          : [[name, without(item, rest)] as const],
    ),
  );
}

function put(whole: Values, path: readonly string[], value: unknown): Values {
  const set = (here: unknown, [key, ...rest]: readonly string[]): unknown => {
    if (key === undefined) return value;
    if (Array.isArray(here) || key === "-" || key === "*" || key.startsWith("[")) {
      const items = list(here);
      if (key === "-" || Number(key) >= items.length) return [...items, set(undefined, rest)];
      return items.map((item, at) =>
        key === "*" || String(at) === key || !/^\d+$/.test(key) ? set(item, rest) : item,
      );
    }
    return { ...fields(here), [key]: set(record(here)?.[key], rest) };
  };
  return fields(set(whole, path));
}
