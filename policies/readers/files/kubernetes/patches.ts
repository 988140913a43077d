/**
 * Patches of a kustomization, filled in from what they patch. A patch says only what it changes: the class of a claim
 * whose size it changes, or the nodes of a pod to which it adds a volume, stand in the base.
 */
import { at, fields, record, records, text, texts } from "../../values";
import type { Values } from "../../values";
import { baseName, beside, folderOf } from "../context";
import type { FileContext } from "../context";
import { parseYaml } from "../yaml";

/** A kustomization as it was found, with everything that its resources, bases and components hold. */
export interface Kustomization {
  readonly path: string;
  readonly document: Values;
}

/** Names of a kustomization's file. */
export const names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/** How far up a kustomization is looked for, and how deep kustomizations build on each other. */
const farthest = 4;
const deepest = 8;

/** What one reading has looked up already: folders are asked for each of their files. */
const known = new WeakMap<FileContext["lookup"], Map<string, Kustomization | undefined>>();
const held = new WeakMap<Values, readonly Values[]>();

export function kustomizationIn(folder: string, context: FileContext): Kustomization | undefined {
  const seen = known.get(context.lookup) ?? new Map<string, Kustomization | undefined>();
  known.set(context.lookup, seen);
  if (seen.has(folder)) return seen.get(folder);
  let found: Kustomization | undefined;
  for (const name of names) {
    const path = folder === "" ? name : `${folder}/${name}`;
    const document = record(documentsAt(path, context)[0]);
    if (document === undefined) continue;
    found = { path, document };
    break;
  }
  seen.set(folder, found);
  return found;
}

/** Documents of a file; none where there is no such file or it cannot be read. */
export function documentsAt(path: string, context: FileContext): readonly unknown[] {
  const content = context.lookup(path);
  const parsed = content === undefined ? undefined : parseYaml(content);
  return parsed === undefined || "error" in parsed ? [] : parsed.documents;
}

/** The entries of a kustomization that make a file a patch, and the kustomization; undefined for other files. */
function listing(context: FileContext): { by: Kustomization; target: Values } | undefined {
  if (names.includes(baseName(context.path))) return undefined;
  let folder = folderOf(context.path);
  for (let up = 0; up < farthest; up += 1) {
    const by = kustomizationIn(folder, context);
    if (by !== undefined) {
      const isThis = (path: string | undefined): boolean =>
        path !== undefined && beside(by.path, path) === beside(context.path, baseName(context.path));
      const entries = [...records(by.document.patches), ...records(by.document.patchesJson6902)];
      const entry = entries.find((one) => isThis(text(one.path)));
      if (entry !== undefined) return { by, target: fields(entry.target) };
      if (texts(by.document.patchesStrategicMerge).some(isThis)) return { by, target: {} };
    }
    if (folder === "") return undefined;
    folder = folderOf(folder);
  }
  return undefined;
}

/** All resources that a kustomization builds on. */
function resourcesOf(
  { path, document }: Kustomization,
  context: FileContext,
  depth: number,
): readonly Values[] {
  const before = held.get(document);
  if (before !== undefined || depth > deepest) return before ?? [];
  held.set(document, []);
  const all = [document.resources, document.bases, document.components].flatMap((entry) => texts(entry));
  const found = all.flatMap((entry) => {
    const target = beside(path, entry).replace(/\/+$/, "");
    const inner = kustomizationIn(target, context);
    if (inner !== undefined) return resourcesOf(inner, context, depth + 1);
    return documentsAt(target, context).flatMap((value) => {
      const one = record(value);
      return one === undefined ? [] : Array.isArray(one.items) ? records(one.items) : [one];
    });
  });
  held.set(document, found);
  return found;
}

/** What a patch is for, found in what its kustomization builds on. */
function baseOf(kind: string, name: string, by: Kustomization, context: FileContext): Values | undefined {
  return resourcesOf(by, context, 0).find(
    (one) => text(one.kind) === kind && text(at(one, "metadata", "name")) === name,
  );
}

/** A document of a file, filled in from its base where the file is a patch; the context says whether it was. */
export function filledIn(resource: Values, context: FileContext): [Values, FileContext] {
  const listed = listing(context);
  return listed === undefined ? [resource, context] : filledFrom(resource, listed.by, listed.target, context);
}

/** What a target selects of what its kustomization builds on; names are regular expressions, as in kustomize. */
export function basesOf(target: Values, by: Kustomization, context: FileContext): readonly Values[] {
  const fits = (pattern: unknown, value: unknown): boolean =>
    text(pattern) === undefined || whole(text(pattern) ?? "").test(text(value) ?? "");
  return resourcesOf(by, context, 0).filter(
    (one) =>
      fits(target.kind, one.kind) &&
      fits(target.name, at(one, "metadata", "name")) &&
      fits(target.namespace, at(one, "metadata", "namespace")),
  );
}

function whole(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch {
    return /^.*$/;
  }
}

/** The same for a patch that stands in the kustomization itself, or is known to be one of it. */
export function filledFrom(
  resource: Values,
  by: Kustomization,
  target: Values,
  context: FileContext,
): [Values, FileContext] {
  const kind = text(target.kind) ?? text(resource.kind) ?? "";
  const name = text(target.name) ?? text(at(resource, "metadata", "name")) ?? "";
  const base = baseOf(kind, name, by, context);
  if (base === undefined) return [resource, context];
  const replaces = text(at(resource, "spec", "$patch")) === "replace";
  if (replaces) return [resource, { ...context, isPartial: true }];
  const isStorage = kind === "PersistentVolume" || kind === "PersistentVolumeClaim";
  const filled = isStorage
    ? { ...resource, spec: { ...fields(base.spec), ...fields(resource.spec) } }
    : resource;
  return [fill(filled, base), { ...context, isPartial: true }];
}

/** What a JSON patch in a file is for, where its kustomization says it. */
export function targetOf(context: FileContext): { by: Kustomization; target: Values } | undefined {
  return listing(context);
}

/** Objects that say something of all that stands beside them. */
const around = new Set(["metadata", "nodeSelector", "affinity", "tolerations"]);

/** Plain settings that stand beside what a patch states are taken over; the rest of the base is judged with it. */
function fill(patch: Values, base: Values): Values {
  const filled: Record<string, unknown> = { ...patch };
  for (const [key, value] of Object.entries(base)) {
    const own = filled[key];
    const below = record(own);
    const inBase = record(value);
    if (own === undefined) {
      if (around.has(key) || (text(value) !== undefined && key !== "chart")) filled[key] = value;
    } else if (below !== undefined && inBase !== undefined) filled[key] = fill(below, inBase);
  }
  return filled;
}
