/** Kustomizations and patches: parts of resources, judged as far as they go. */
import { at, fields, record, records, text } from "../../values";
import type { Values } from "../../values";
import { baseName, beside, canonical, origin } from "../context";
import type { ObjectContext } from "../context";
import { parseYaml } from "../yaml";
import { readRemovals, readReplacements } from "./applied";
import { addRelease } from "./release";
import { built, isFor, patchesOf } from "./build";
import type { Built } from "./build";
import { filledFrom, names, targetOf } from "./patches";
import type { Kustomization } from "./patches";
import { isKubernetes } from "./names";
import { readCustomResource } from "./custom";

export function isKustomization(resource: Values): boolean {
  const kind = text(resource.kind);
  return (
    kind === "Kustomization" ||
    (kind === "Component" && (text(resource.apiVersion) ?? "").includes("kustomize"))
  );
}

/** Reads inline patches and Helm charts of a kustomization (kustomize's own or Flux'). */
export function readKustomization(resource: Values, context: ObjectContext): void {
  const spec = fields(resource.spec);
  const patches = [
    ...records(resource.patches),
    ...records(resource.patchesJson6902),
    ...records(spec.patches),
    ...records(spec.patchesJson6902),
  ];
  const by = { path: context.path, document: resource };
  for (const patch of patches) readPatch(patch.patch, patch, by, context);
  for (const owner of [resource, spec]) {
    const strategic = owner.patchesStrategicMerge;
    if (Array.isArray(strategic)) for (const patch of strategic) readPatch(patch, {}, by, context);
  }
  readReplacements(resource, by, context);
  for (const chart of records(resource.helmCharts)) readChart(chart, context);
  if (names.includes(baseName(context.path))) readBuilt(built(by, context), context);
}

/** What is built of files that are not judged by themselves is judged where it is built. */
function readBuilt(objects: readonly Built[], context: ObjectContext): void {
  for (const { object, file } of objects) {
    if (context.isGiven?.(file) !== true && isKubernetes(object)) context.readObject(object, context);
  }
}

/**
 * Reads what a patch in a file of its own changes, as it is built, where neither that nor the kustomization is judged
 * by itself: that a base is at fault is said where it is changed.
 */
export function readPatched(context: ObjectContext): void {
  const listed = targetOf(context);
  if (listed === undefined || context.isGiven?.(listed.by.path) === true) return;
  const isThis = (file: string | undefined): boolean =>
    file !== undefined && canonical(file) === canonical(context.path);
  const patches = patchesOf(listed.by, context).filter(({ file }) => isThis(file));
  const objects = built(listed.by, context).filter(({ object }) =>
    patches.some((patch) => isFor(patch, object)),
  );
  readBuilt(objects, context);
}

function readPatch(value: unknown, around: Values, by: Kustomization, context: ObjectContext): void {
  const own = record(value);
  const target = fields(around.target);
  if (own !== undefined && isKubernetes(own)) {
    context.readObject(...filledFrom(own, by, target, context));
    return;
  }
  if (Array.isArray(value)) {
    readJsonPatch(value, around, context, { by, target });
    return;
  }
  if (typeof value !== "string" || !/\n|^\s*[-[{]/.test(value)) return;
  const parsed = parseYaml(value);
  if ("error" in parsed) return;
  for (const document of parsed.documents) {
    if (isKubernetes(document)) context.readObject(...filledFrom(document, by, target, context));
    else if (Array.isArray(document)) readJsonPatch(document, around, context, { by, target });
  }
}

/** True for the operations of a JSON patch (RFC 6902). */
export function isJsonPatch(value: unknown): value is readonly unknown[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(
      (item) =>
        /^(add|remove|replace|move|copy|test)$/.test(text(at(item, "op")) ?? "") &&
        text(at(item, "path")) !== undefined,
    )
  );
}

/** Values that a JSON patch puts in place are judged as if they stood there alone. */
export function readJsonPatch(
  operations: readonly unknown[],
  around: Values,
  context: ObjectContext,
  listed?: { readonly by: Kustomization; readonly target: Values },
): void {
  const target = listed?.target ?? fields(around.target);
  if (listed !== undefined) readRemovals(operations, target, listed.by, context);
  const kind = text(target.kind) ?? "patch";
  const name = text(target.name) ?? "(without a name)";
  for (const operation of records(operations)) {
    if (!/^(add|replace)$/.test(text(operation.op) ?? "")) continue;
    const path = (text(operation.path) ?? "")
      .split("/")
      .slice(1)
      .filter((part) => !/^(-|\d+)$/.test(part));
    const changed = { kind, metadata: { name }, ...placed(path, operation.path, operation.value) };
    const [filled, inner] =
      listed === undefined ? [changed, context] : filledFrom(changed, listed.by, target, context);
    // Filled in from its base it has an apiVersion, and is judged as what it is.
    if (isKubernetes(filled)) context.readObject(filled, inner);
    else readCustomResource(filled, "", inner);
  }
}

function placed(path: readonly string[], whole: unknown, value: unknown): Values {
  const intoList = /\/(-|\d+)$/.test(text(whole) ?? "");
  let content: unknown = intoList ? [value] : value;
  for (const key of [...path].reverse())
    content = { [key.replaceAll("~1", "/").replaceAll("~0", "~")]: content };
  return fields(content);
}

function readChart(chart: Values, context: ObjectContext): void {
  const name = text(chart.name) ?? "";
  const file = text(chart.valuesFile);
  const content = file === undefined ? undefined : context.lookup(beside(context.path, file));
  const parsed = content === undefined ? undefined : parseYaml(content);
  const documents = parsed === undefined || "error" in parsed ? [] : parsed.documents;
  addRelease(
    {
      chart: name,
      values: [...records(documents), fields(chart.valuesInline)],
      unseen: file !== undefined && documents.length === 0 ? [`file ${file}`] : [],
    },
    context,
    { origin: origin(context, `Helm chart ${text(chart.releaseName) ?? name}`), by: "helm" },
  );
}
