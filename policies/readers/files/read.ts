/** Plain files to facts: each file goes to the reader of what it is. */
import { noFacts } from "../../engine/facts";
import type { Facts } from "../../engine/facts";
import { record, text } from "../values";
import type { Values } from "../values";
import { isCompose, readCompose } from "./compose/compose";
import { baseName, folderOf } from "./context";
import type { FileContext } from "./context";
import { isChart, isValues, readChart, readValues } from "./kubernetes/chart";
import { isJsonPatch, readJsonPatch } from "./kubernetes/kustomize";
import { filledIn, targetOf } from "./kubernetes/patches";
import { isKubernetes, readKubernetes } from "./kubernetes/resources";
import { readQuadlet, whyNotQuadlet } from "./quadlet/quadlet";
import { dropInKind, quadletKind, readDropIn, readUnit } from "./quadlet/unit";
import { readService } from "./quadlet/service";
import { parseYaml } from "./yaml";

/** A file of the set: its text, or why it could not be had. */
export interface InputFile {
  readonly path: string;
  readonly text?: string;
  readonly error?: string;
}

export interface ReadFiles {
  readonly facts: Facts;
  /** Files that could not be judged, by path, each with why. */
  readonly errors: ReadonlyMap<string, string>;
}

/** How readers look beyond the files they were given: extended compose files, .env, drop-ins. */
export interface Surroundings {
  readonly read: (path: string) => string | undefined;
  readonly filesIn: (folder: string) => readonly string[];
}

/** Reads a set of files into one set of facts. A file that cannot be read is named, the rest still read. */
export function readFiles(files: readonly InputFile[], surroundings: Surroundings): ReadFiles {
  const facts = noFacts();
  const errors = new Map<string, string>();
  const given = new Map(files.map((file) => [file.path, file.text]));
  const lookup = (path: string): string | undefined => given.get(path) ?? surroundings.read(path);
  for (const file of files) {
    const context: FileContext = {
      path: file.path,
      facts,
      lookup,
      filesIn: surroundings.filesIn,
      isGiven: (path) => given.has(path),
    };
    if (file.text === undefined) {
      errors.set(file.path, file.error ?? "it could not be read");
      continue;
    }
    const error = readOne(file.text, context);
    if (error !== undefined) errors.set(file.path, error);
  }
  return { facts, errors };
}

/** Reads one file; answers why it could not be, or undefined. */
function readOne(content: string, context: FileContext): string | undefined {
  try {
    const { path } = context;
    if (content.includes("\u0000")) return "it is not a text";
    const kind = quadletKind(path);
    if (kind !== undefined && !looksLikeYaml(path)) {
      const unit = readUnit(content, kind, context);
      const why = whyNotQuadlet(unit);
      if (why !== undefined) return why;
      readQuadlet(unit, context);
      return undefined;
    }
    const dropIn = dropInKind(path);
    if (dropIn !== undefined) {
      // With its unit in the set, it was read there.
      const unit = folderOf(path).replace(/\.d$/, "");
      if (context.isGiven?.(unit) !== true) readQuadlet(readDropIn(content, dropIn, path), context);
      return undefined;
    }
    if (path.endsWith(".service")) return readService(content, context);
    return readYamlFile(content, context);
  } catch (error) {
    return error instanceof Error ? (error.message.split("\n")[0] ?? "") : "it could not be read";
  }
}

function looksLikeYaml(path: string): boolean {
  return /\.(ya?ml|json)$/i.test(path);
}

/** Texts without a YAML ending are only read where they look like a manifest or compose file. */
function mayBeManifest(content: string, path: string): boolean {
  if (looksLikeYaml(path) || path === "-") return true;
  if (/\.(md|txt|rst|adoc|html?|js|ts|py|go|rs|java|css|toml|ini|conf|cfg|lock|svg|sh)$/i.test(path))
    return false;
  return /^(apiVersion|services)\s*:/m.test(content) || /^\s*\{\s*"(apiVersion|kind|services)"/.test(content);
}

function readYamlFile(content: string, context: FileContext): string | undefined {
  const { path } = context;
  if (!mayBeManifest(content, path)) return undefined;
  const parsed = parseYaml(content);
  if ("error" in parsed) return whyUnreadable(content, parsed.error);
  for (const document of parsed.documents) readDocument(document, context);
  return undefined;
}

function whyUnreadable(content: string, error: string): string {
  return content.includes("{{")
    ? `it is a template (${error}): render it first and check what comes out, as in helm template CHART | npm run --silent policy -- check -`
    : `it is not valid YAML: ${error}`;
}

function readDocument(document: unknown, context: FileContext): void {
  const { path } = context;
  if (isKubernetes(document)) {
    readKubernetes(...filledIn(document, context));
  } else if (isJsonPatch(document)) {
    readJsonPatch(document, {}, context, targetOf(context));
  } else if (Array.isArray(document)) {
    for (const item of document) if (isKubernetes(item)) readKubernetes(item, context);
  } else {
    const value = record(document);
    if (value !== undefined) readObject(value, path, context);
  }
}

function readObject(value: Values, path: string, context: FileContext): void {
  if (/^kustomization\.ya?ml$|^Kustomization$/.test(baseName(path))) {
    readKubernetes(
      { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", ...value },
      context,
    );
  } else if (isChart(value, path)) {
    readChart(value, context);
  } else if (isValues(path)) {
    readValues(value, context);
  } else if (isCompose(value, path)) {
    readCompose(value, context);
  } else if (text(value.kind) !== undefined && record(value.spec) !== undefined) {
    // A patch may leave out what it does not change, but not its kind.
    readKubernetes(...filledIn({ apiVersion: "apps/v1", ...value }, context));
  }
}
