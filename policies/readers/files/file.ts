/** One file: which reader takes it. */
import { noFacts } from "../../engine/facts";
import { record, text } from "../values";
import type { Values } from "../values";
import { isCompose, readCompose } from "./compose/compose";
import { addAsGiven } from "./along";
import { baseName, canonical } from "./context";
import type { FileContext } from "./context";
import { foreignByContent, foreignByName, unrecognised } from "./foreign";
import { isChart, isValues, readChart, readValues } from "./kubernetes/chart";
import { isJsonPatch, readJsonPatch, readPatched } from "./kubernetes/kustomize";
import { filledIn, targetOf } from "./kubernetes/patches";
import { readKubernetes } from "./kubernetes/resources";
import { isKubernetes } from "./kubernetes/names";
import { readDropInFile } from "./quadlet/drop-ins";
import { isManyUnits, partsOf, withParts } from "./quadlet/many";
import { readQuadlet, whyNotQuadlet } from "./quadlet/quadlet";
import { readService } from "./quadlet/service";
import { dropInKind, quadletKind, readUnit } from "./quadlet/unit";
import type { QuadletKind } from "./quadlet/unit";
import { parseYaml } from "./yaml";

/** Why a file could not be judged, or that nothing in it is for this check; neither where it was read. */
export interface Outcome {
  readonly error?: string;
  readonly nothing?: string;
}

const isRead: Outcome = {};

/** @throws Error for what cannot be made out, with why as its message */
export function readFile(content: string, context: FileContext): Outcome {
  const { path } = context;
  if (content.includes("\u0000")) return { error: "it is not a text" };
  const kind = quadletKind(path);
  if (kind !== undefined) return readOneUnit(content, kind, context);
  if (isManyUnits(path)) return readManyUnits(content, context);
  if (dropInKind(path) !== undefined) {
    readDropInFile(content, context);
    return isRead;
  }
  if (path.endsWith(".service")) {
    readService(content, context);
    return isRead;
  }
  return readYamlFile(content, context);
}

function readOneUnit(content: string, kind: QuadletKind, context: FileContext): Outcome {
  const unit = readUnit(content, kind, context);
  const why = whyNotQuadlet(unit);
  if (why !== undefined) return { error: why };
  readQuadlet(unit, context);
  return isRead;
}

function readManyUnits(content: string, context: FileContext): Outcome {
  const parts = partsOf(content, context.path);
  const facts = noFacts();
  const inner = { ...withParts(context, parts), facts };
  let error: string | undefined;
  for (const { path, text } of parts) {
    error ??= readOneUnit(text, quadletKind(path) ?? "container", { ...inner, path }).error;
  }
  // A unit of that name may stand beside it too, and answers for itself.
  const own = new Set(parts.map(({ path }) => canonical(path)));
  addAsGiven(facts, context.facts, (path) => (own.has(canonical(path)) ? context.path : path));
  return error === undefined ? isRead : { error };
}

function looksLikeYaml(path: string): boolean {
  return /\.(ya?ml|json)$/i.test(path);
}

/** Texts without a YAML ending are only read where they look like a manifest or compose file. */
function mayBeManifest(content: string, path: string): boolean {
  if (looksLikeYaml(path) || path === "-" || baseName(path) === "Kustomization") return true;
  if (/\.(md|txt|rst|adoc|html?|css|toml|ini|conf|cfg|lock|svg|env)$/i.test(path)) return false;
  return /^(apiVersion|services)\s*:/m.test(content) || /^\s*\{\s*"(apiVersion|kind|services)"/.test(content);
}

function readYamlFile(content: string, context: FileContext): Outcome {
  const { path } = context;
  const foreign = foreignByName(path);
  if (foreign !== undefined) return { nothing: foreign };
  if (!mayBeManifest(content, path)) return { nothing: unrecognised };
  const parsed = parseYaml(content);
  if ("error" in parsed) return { error: whyUnreadable(content, parsed.error) };
  const told = parsed.documents.filter((one) => one !== null && one !== undefined);
  // An empty file is known to hold nothing.
  if (told.length === 0) return isRead;
  const other = foreignByContent(told, path);
  if (other !== undefined) return { nothing: other };
  const read = told.filter((document) => readDocument(document, context));
  readPatched({ ...context, readObject: readKubernetes });
  return read.length === 0 ? { nothing: unrecognised } : isRead;
}

function whyUnreadable(content: string, error: string): string {
  return content.includes("{{")
    ? `it is a template (${error}): render it first and check what comes out, as in helm template CHART | npx homelab policy check -`
    : `it is not valid YAML: ${error}`;
}

/** Reads a document; false where no reader takes it. */
function readDocument(document: unknown, context: FileContext): boolean {
  if (isKubernetes(document)) {
    readKubernetes(...filledIn(document, context));
    return true;
  }
  if (isJsonPatch(document)) {
    readJsonPatch(document, {}, { ...context, readObject: readKubernetes }, targetOf(context));
    return true;
  }
  if (Array.isArray(document)) {
    const items = document.filter(isKubernetes);
    for (const item of items) readKubernetes(item, context);
    return items.length > 0;
  }
  const value = record(document);
  return value !== undefined && readObject(value, context);
}

function readObject(value: Values, context: FileContext): boolean {
  const { path } = context;
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
  } else return false;
  return true;
}
