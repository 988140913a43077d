/** What a kustomization builds: its resources with its patches, as far as these are plain. */
import { at, fields, list, record, records, text, texts } from "../../values";
import type { Values } from "../../values";
import { beside, canonical } from "../context";
import type { FileContext } from "../context";
import { complain } from "../problems";
import { parseYaml } from "../yaml";
import { applyOperations, mergePatch } from "./apply";
import { documentsAt, kustomizationIn } from "./patches";
import type { Kustomization } from "./patches";

/** An object as it is built, and the file that it comes from. */
export interface Built {
  readonly object: Values;
  readonly file: string;
}

/** A patch, whom it is for, and the file that it stands in where that is its own. */
export interface Patch {
  readonly content: Values | readonly Values[];
  readonly target: Values;
  readonly file?: string;
}

/** @param above the kustomizations that led here */
export function built(
  by: Kustomization,
  context: FileContext,
  above: readonly string[] = [],
): readonly Built[] {
  const own = canonical(by.path);
  if (above.includes(own)) {
    complain(context, `the kustomization ${by.path} builds on itself`);
    return [];
  }
  const { document } = by;
  let objects: readonly Built[] = [document.resources, document.bases].flatMap((entry) =>
    texts(entry).flatMap((one) => resourcesAt(beside(by.path, one), context, [...above, own])),
  );
  for (const one of texts(document.components)) {
    const component = kustomizationIn(beside(by.path, one).replace(/\/+$/, ""), context);
    if (component === undefined) continue;
    objects = [...objects, ...built(component, context, [...above, own])];
    objects = patched(objects, patchesOf(component, context));
  }
  return patched(objects, patchesOf(by, context));
}

function resourcesAt(path: string, context: FileContext, above: readonly string[]): readonly Built[] {
  const target = path.replace(/\/+$/, "");
  const inner = kustomizationIn(target, context);
  if (inner !== undefined) return built(inner, context, above);
  return documentsAt(target, context).flatMap((value) => {
    const one = record(value);
    const objects = one === undefined ? [] : Array.isArray(one.items) ? records(one.items) : [one];
    return objects.map((object) => ({ object, file: target }));
  });
}

/** All patches of a kustomization, in the order in which they count. */
export function patchesOf({ path, document }: Kustomization, context: FileContext): readonly Patch[] {
  const entries = [...records(document.patches), ...records(document.patchesJson6902)];
  const strategic = list(document.patchesStrategicMerge).map((one) =>
    text(one)?.includes("\n") === true || record(one) !== undefined ? { patch: one } : { path: one },
  );
  return [...strategic, ...entries].flatMap((entry: Values): Patch[] => {
    const file = text(entry.path);
    const from = file === undefined ? undefined : beside(path, file);
    const documents = from === undefined ? inlineOf(entry.patch) : documentsAt(from, context);
    const target = fields(entry.target);
    return contentsOf(documents).map((content) => ({
      content,
      target,
      ...(from === undefined ? {} : { file: from }),
    }));
  });
}

function inlineOf(value: unknown): readonly unknown[] {
  if (typeof value !== "string") return [value];
  const parsed = parseYaml(value);
  return "error" in parsed ? [] : parsed.documents;
}

function contentsOf(documents: readonly unknown[]): readonly (Values | readonly Values[])[] {
  return documents.flatMap((one): (Values | readonly Values[])[] => {
    if (Array.isArray(one)) return [records(one)];
    const map = record(one);
    return map === undefined ? [] : [map];
  });
}

function patched(objects: readonly Built[], patches: readonly Patch[]): readonly Built[] {
  return patches.reduce<readonly Built[]>(
    (before, patch) =>
      before.flatMap((one) => {
        if (!isFor(patch, one.object)) return [one];
        const object = Array.isArray(patch.content)
          ? applyOperations(one.object, patch.content as readonly Values[])
          : mergePatch(one.object, patch.content as Values);
        return object === undefined ? [] : [{ ...one, object }];
      }),
    objects,
  );
}

/** Whether a patch is for an object: by its target, else by the kind and name that it states itself. */
export function isFor({ content, target }: Patch, object: Values): boolean {
  const name = text(at(object, "metadata", "name")) ?? "";
  if (Object.keys(target).length === 0) {
    if (Array.isArray(content)) return false;
    const own = content as Values;
    return text(own.kind) === text(object.kind) && text(at(own, "metadata", "name")) === name;
  }
  const fits = (wanted: string | undefined, is: string): boolean =>
    wanted === undefined || wanted === is || isPattern(wanted, is);
  return fits(text(target.kind), text(object.kind) ?? "") && fits(text(target.name), name);
}

function isPattern(pattern: string, value: string): boolean {
  try {
    return pattern.length < 256 && new RegExp(`^(?:${pattern})$`).test(value);
  } catch {
    return false;
  }
}
