/** Resources of the Kubernetes provider: their inputs are manifests, read by the reader of manifests. */
import { isUnknown, unknown } from "../../engine/facts";
import type { FactsBuilder, Volume, Workload } from "../../engine/facts";
import { readFiles } from "../files/read";
import { parseYaml } from "../files/yaml";
import type { FileContext } from "../files/context";
import { readKubernetes } from "../files/kubernetes/resources";
import { at, fields, record, text, texts } from "../values";
import type { Values } from "../values";
import { addMoved, addSetup } from "./put-file";
import { hasNotYet, isNotYet, notYetWhy, originOf, told } from "./resource";
import type { PulumiResource, ReadContext } from "./resource";
import { releaseResource } from "./shell/cluster";
import { noFacts } from "../../engine/facts";
import { loosened, unknownPlaces } from "./unknown-places";

export function readKubernetesResource(resource: PulumiResource, context: ReadContext): void {
  const [, module = "", kind = ""] = resource.type.split(":");
  if (module.startsWith("helm.sh/")) {
    // What a chart renders comes as resources of its own; a release renders where nobody looks.
    if (kind === "Release") readRelease(resource, context);
    return;
  }
  if (module.startsWith("yaml") || module.startsWith("kustomize")) {
    readTexts(resource, context);
    return;
  }
  const manifest = manifestOf(resource, module, kind);
  const read = noFacts();
  readKubernetes(loosened(manifest), fileContext(resource, read));
  const places = unknownPlaces(manifest);
  const whole = { ...read, workloads: read.workloads.map((one) => withUnknowns(one, places, resource)) };
  for (const [key, list] of Object.entries(whole)) {
    (context.facts[key as keyof FactsBuilder] as unknown[]).push(...(list as readonly unknown[]));
  }
  if (places.length > 0 && read.workloads.length === 0 && mayKeep(manifest)) {
    context.facts.workloads.push(unseen(resource, places));
  }
}

function fileContext(resource: PulumiResource, facts: FactsBuilder): FileContext {
  return { path: resource.urn, facts, lookup: () => undefined, filesIn: () => [] };
}

/** The inputs as a manifest: what the type says stands in it too, and the resource has a name to be called by. */
function manifestOf({ inputs, name }: PulumiResource, module: string, kind: string): Values {
  const metadata = fields(inputs.metadata);
  const apiVersion = told(inputs.apiVersion);
  const ownKind = told(inputs.kind);
  return {
    ...inputs,
    apiVersion: typeof apiVersion === "string" ? apiVersion : module.replace(/^core\//, ""),
    kind: typeof ownKind === "string" ? ownKind : kind.replace(/Patch$/, ""),
    metadata: {
      ...metadata,
      name: typeof told(metadata.name) === "string" ? metadata.name : name,
    },
  };
}

/** Kinds of which an unknown part may keep data. */
function mayKeep(manifest: Values): boolean {
  return !/^(ConfigMap|Secret|Service|ServiceAccount|Namespace|Ingress)$/.test(text(manifest.kind) ?? "");
}

function unseen(resource: PulumiResource, places: readonly string[]): Workload {
  return {
    origin: originOf(resource),
    engine: "kubernetes",
    placement: unknown(notYetWhy),
    volumes: places.map(unknownVolume),
    containers: [],
  };
}

function unknownVolume(place: string): Volume {
  return { name: place, source: unknown(`${place}: ${notYetWhy}`), mounts: [], mountsKnown: false };
}

function withUnknowns(workload: Workload, places: readonly string[], resource: PulumiResource): Workload {
  const names = new Set(workload.volumes.map((volume) => volume.name));
  return {
    ...workload,
    origin: { ...workload.origin, file: resource.urn },
    volumes: [
      ...workload.volumes.map((volume) =>
        places.some((place) => place.endsWith("volumeMounts")) ? { ...volume, mountsKnown: false } : volume,
      ),
      ...places.filter((place) => !place.endsWith("volumeMounts") && !names.has(place)).map(unknownVolume),
    ],
    containers: workload.containers.map((container) =>
      isNotYet(container.image)
        ? { ...container, image: unknown(`${notYetWhy}, such as docker.io/library/nginx:1.29`) }
        : container,
    ),
  };
}

/** A release: its values decide; a file of values is read where it can be. */
function readRelease(resource: PulumiResource, context: ReadContext): void {
  const { inputs } = resource;
  const namespace = told(inputs.namespace);
  const chart = told(inputs.chart);
  const values = inputs.values;
  const files = valueFiles(inputs.valueYamlFiles, context);
  const hidden = hiddenIn(values);
  if (chart === undefined || isUnknown(chart)) {
    const why = `its chart: ${isUnknown(chart) ? chart.why : "it names none"}`;
    context.facts.operatorStorage.push({
      origin: originOf(resource),
      by: "helm",
      placement: { kind: "scheduled", selector: {}, required: [], tolerations: [{ operator: "Exists" }] },
      field: "chart",
      storage: unknown(why),
    });
    return;
  }
  const read = noFacts();
  const own = fields(values);
  const release = releaseResource(
    {
      name: text(inputs.name) ?? resource.name,
      namespace: typeof namespace === "string" ? namespace : undefined,
      chart: chart.replace(/^.*\//, "").replace(/-\d+\.\d+\.\d+.*\.tgz$/, ""),
      values: loosened(merged(files.values, own)),
      unseen: files.unseen,
    },
    fields(inputs.metadata),
  );
  readKubernetes(release, fileContext(resource, read));
  const origin = originOf(resource);
  context.facts.operatorStorage.push(...read.operatorStorage.map((one) => ({ ...one, origin })));
  context.facts.workloads.push(...read.workloads.map((one) => ({ ...one, origin })));
  if (hidden !== undefined && read.operatorStorage.length === 0) {
    context.facts.operatorStorage.push({
      origin: originOf(resource),
      by: "helm",
      placement: { kind: "scheduled", selector: {}, required: [], tolerations: [{ operator: "Exists" }] },
      field: hidden,
      storage: unknown(notYetWhy),
    });
  }
}

/** The first part of the values that is not known yet and may switch storage on. */
function hiddenIn(values: unknown, path = "values"): string | undefined {
  if (isNotYet(values)) {
    const last = path.slice(path.lastIndexOf(".") + 1);
    const parent = path === "values";
    return parent || /persist|storage|volume|enabled|class|size|primary|master|server/i.test(last)
      ? path
      : undefined;
  }
  const own = record(values);
  if (own === undefined) return undefined;
  for (const [key, item] of Object.entries(own)) {
    const found = hiddenIn(item, `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function valueFiles(
  value: unknown,
  context: ReadContext,
): { values: readonly Values[]; unseen: readonly string[] } {
  const values: Values[] = [];
  const unseen: string[] = isNotYet(value) ? ["valueYamlFiles"] : [];
  for (const asset of Array.isArray(value) ? (value as unknown[]) : []) {
    const path = text(at(asset, "path"));
    const content = text(at(asset, "text")) ?? (path === undefined ? undefined : context.readFile(path));
    const parsed = content === undefined ? undefined : yamlValues(content);
    if (parsed === undefined) unseen.push(path ?? "valueYamlFiles");
    else values.push(parsed);
  }
  return { values, unseen };
}

function yamlValues(content: string): Values | undefined {
  const parsed = parseYaml(content);
  return "error" in parsed ? undefined : fields(parsed.documents[0]);
}

function merged(files: readonly Values[], own: Values): Values {
  return [...files, own].reduce<Values>((whole, next) => mergeTwo(whole, next), {});
}

function mergeTwo(one: Values, other: Values): Values {
  const whole: Record<string, unknown> = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const [below, above] = [record(whole[key]), record(value)];
    whole[key] = below !== undefined && above !== undefined ? mergeTwo(below, above) : value;
  }
  return whole;
}

/** ConfigFile, ConfigGroup: what can be seen here is judged here; each object is judged again when it comes. */
function readTexts(resource: PulumiResource, context: ReadContext): void {
  const { inputs } = resource;
  const putting = { resource, context, placement: unknown(notYetWhy) };
  const given = [...texts(inputs.yaml), ...texts(inputs.file), ...texts(inputs.files)].filter(
    (one) => !hasNotYet(one),
  );
  given.forEach((one, index) => {
    const content = /^\s*(---|apiVersion:|kind:)/m.test(one) ? one : context.readFile(one);
    if (content === undefined) return;
    const { facts, errors } = readFiles([{ path: `${resource.urn}#${index}.yaml`, text: content }], {
      read: () => undefined,
      filesIn: () => [],
    });
    for (const why of errors.values()) addSetup(putting, unknown(`its manifests: ${why}`));
    addMoved(facts, putting);
  });
  for (const object of Array.isArray(inputs.objs) ? (inputs.objs as unknown[]) : []) {
    const manifest = record(object);
    if (manifest !== undefined) {
      readKubernetesResource({ ...resource, type: typeOf(manifest), inputs: manifest }, context);
    }
  }
}

function typeOf(manifest: Values): string {
  const apiVersion = text(manifest.apiVersion) ?? "v1";
  return `kubernetes:${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}:${text(manifest.kind) ?? ""}`;
}
