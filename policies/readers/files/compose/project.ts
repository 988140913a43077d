/** Compose files that are one project together: the override that compose takes by itself, and included files. */
import { noFacts, unknown } from "../../../engine/facts";
import { anywhere } from "../../../engine/facts";
import type { Origin } from "../../../engine/facts";
import { fields, list, record, text, texts } from "../../values";
import type { Values } from "../../values";
import { hasVariable } from "../../variables";
import { baseName, beside, folderOf, origin } from "../context";
import type { FileContext } from "../context";
import { parseYaml } from "../yaml";
import { serviceMount } from "./volumes";

/** A file's first document and its path, where there is one. */
export interface Found {
  readonly path: string;
  readonly document: Values;
}

/** The override that `docker compose` takes along without being told, for a file of one of the default names. */
export function overrideOf(context: FileContext): Found | undefined {
  const stem = /^((?:docker-)?compose)\.ya?ml$/.exec(baseName(context.path))?.[1];
  return stem === undefined ? undefined : firstOf(`${stem}.override`, context);
}

/** The file that an override is for. */
export function overridden(context: FileContext): Found | undefined {
  const stem = /^((?:docker-)?compose)\.override\.ya?ml$/.exec(baseName(context.path))?.[1];
  return stem === undefined ? undefined : firstOf(stem, context);
}

function firstOf(stem: string, context: FileContext): Found | undefined {
  for (const ending of ["yaml", "yml"]) {
    const folder = folderOf(context.path);
    const path = folder === "" ? `${stem}.${ending}` : `${folder}/${stem}.${ending}`;
    const document = documentAt(path, context);
    if (document !== undefined) return { path, document };
  }
  return undefined;
}

function documentAt(path: string, context: FileContext): Values | undefined {
  const content = context.lookup(path);
  const parsed = content === undefined ? undefined : parseYaml(content);
  return parsed === undefined || "error" in parsed ? undefined : record(parsed.documents[0]);
}

/** Two services as compose merges them: the later one's settings win, mounts add up but for those of one target. */
export function mergeServices(base: Values, over: Values): Values {
  const targets = new Set(list(over.volumes).flatMap((entry) => serviceMount(entry)?.target ?? []));
  const kept = list(base.volumes).filter((entry) => !targets.has(serviceMount(entry)?.target ?? ""));
  const volumes = Array.isArray(base.volumes) || Array.isArray(over.volumes);
  return {
    ...base,
    ...over,
    ...(volumes ? { volumes: [...kept, ...list(over.volumes)] } : {}),
    ...(base.tmpfs === undefined && over.tmpfs === undefined
      ? {}
      : { tmpfs: [...texts(base.tmpfs), ...texts(over.tmpfs)] }),
  };
}

/** Top-level volumes of the base with what the override says of them. */
export function mergeVolumes(base: Values, over: Values): Values {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over))
    merged[name] = { ...fields(base[name]), ...fields(value) };
  return merged;
}

/** How deep files may include files. */
const deepest = 8;

/** Reads included files that are not judged by themselves, as parts of the file that includes them. */
export function readIncluded(
  include: unknown,
  context: FileContext,
  depth: number,
  read: (document: Values, context: FileContext, depth: number) => void,
): void {
  for (const entry of list(include)) {
    for (const stated of texts(text(entry) ?? fields(entry).path)) {
      const path = beside(context.path, stated);
      if (context.isGiven?.(path) === true || depth > deepest) continue;
      const document = documentAt(path, context);
      if (document === undefined) {
        addMissing(stated, context);
        continue;
      }
      const facts = noFacts();
      read(document, { ...context, path, facts }, depth + 1);
      const here = (from: Origin): Origin => ({ ...from, file: context.path });
      for (const { origin: from, volumes, ...rest } of facts.workloads) {
        const own = volumes.map((volume) => ({ ...volume, file: context.path }));
        context.facts.workloads.push({ ...rest, origin: here(from), volumes: own });
      }
      for (const volume of facts.namedVolumes) {
        context.facts.namedVolumes.push({ ...volume, origin: here(volume.origin) });
      }
    }
  }
}

function addMissing(path: string, context: FileContext): void {
  const why = hasVariable(path)
    ? `the file ${path} it includes has a variable in its name`
    : `the file ${path} it includes was not found`;
  context.facts.workloads.push({
    origin: origin(context, `include ${path}`),
    engine: "containers",
    placement: anywhere,
    volumes: [{ name: path, source: unknown(why), mounts: [], mountsKnown: false }],
    containers: [],
  });
}
