/** Helm releases, whoever installs them. */
import { ephemeralFrom } from "../../ephemeral";
import { at, fields, record, records, text, textMap, texts } from "../../values";
import type { Values } from "../../values";
import { origin } from "../context";
import type { ObjectContext } from "../context";
import { parseYaml } from "../yaml";
import { groupOf, namespaceOf, resourceName } from "./names";
import { readKustomization } from "./kustomize";
import { addRelease, type Release } from "./release";

const releaseKinds: Readonly<Record<string, RegExp>> = {
  HelmRelease: /(^|\.)(fluxcd\.io|toolkit\.fluxcd\.io|flux\.weave\.works)$/,
  HelmChart: /^helm\.cattle\.io$/,
  HelmChartConfig: /^helm\.cattle\.io$/,
  Application: /^argoproj\.io$/,
  ApplicationSet: /^argoproj\.io$/,
  Release: /^helm\.crossplane\.io$/,
};

export function isHelm(resource: Values): boolean {
  const kind = text(resource.kind) ?? "";
  return Object.hasOwn(releaseKinds, kind) && releaseKinds[kind]?.test(groupOf(resource)) === true;
}

export function readHelm(resource: Values, context: ObjectContext): void {
  const metadata = fields(resource.metadata);
  const own = ephemeralFrom(metadata.annotations, metadata.labels);
  for (const renderer of records(at(resource, "spec", "postRenderers"))) {
    readKustomization(fields(renderer.kustomize), context);
  }
  for (const release of releasesOf(resource)) {
    addRelease(release, context, {
      origin: origin(context, resourceName(resource)),
      ...namespaceOf(resource),
      by: "helm",
      ...(own === undefined ? {} : { ephemeral: own }),
    });
  }
}

function releasesOf(resource: Values): readonly Release[] {
  const spec = fields(resource.spec);
  switch (resource.kind) {
    case "HelmChart":
    case "HelmChartConfig":
      return [
        {
          chart: text(spec.chart) ?? "",
          values: [
            ...parsedValues(spec.valuesContent),
            ...parsedValues(spec.values),
            dotted(textMap(spec.set)),
          ],
          unseen: records(spec.valuesSecrets).map((secret) => `Secret ${text(secret.name) ?? ""}`),
        },
      ];
    case "Application":
      return argoReleases(spec);
    case "ApplicationSet":
      return argoReleases(fields(at(spec, "template", "spec")));
    case "Release":
      return [fluxRelease(fields(spec.forProvider))];
    default:
      return [fluxRelease(spec)];
  }
}

function fluxRelease(spec: Values): Release {
  return {
    chart:
      text(at(spec, "chart", "spec", "chart")) ??
      text(at(spec, "chart", "name")) ??
      text(at(spec, "chartRef", "name")) ??
      text(spec.chart) ??
      "",
    values: [fields(spec.values)],
    unseen: records(spec.valuesFrom)
      // One that goes to a place of its own changes nothing else.
      .filter(({ targetPath }) => /^$|persist|storage|volume|enabled|class/i.test(text(targetPath) ?? ""))
      .map((from) => `${text(from.kind) ?? "ConfigMap"} ${text(from.name) ?? ""}`),
  };
}

function argoReleases(spec: Values): readonly Release[] {
  const sources = [...records(spec.sources), ...records([spec.source])];
  return sources.flatMap((source) => {
    const helm = fields(source.helm);
    const chart = text(source.chart);
    const values = [
      ...parsedValues(helm.values),
      ...parsedValues(helm.valuesObject),
      dotted(
        Object.fromEntries(
          records(helm.parameters).map((one) => [text(one.name) ?? "", text(one.value) ?? ""]),
        ),
      ),
    ];
    if (chart === undefined && Object.keys(helm).length === 0) return [];
    const files = texts(helm.valueFiles).map((file) => `file ${file}`);
    return [{ chart: chart ?? text(source.path) ?? "", values, unseen: chart === undefined ? [] : files }];
  });
}

function parsedValues(value: unknown): readonly Values[] {
  const own = record(value);
  if (own !== undefined) return [own];
  if (typeof value !== "string") return [];
  const parsed = parseYaml(value);
  return "error" in parsed ? [] : records(parsed.documents);
}

/** Turns "master.persistence.enabled: false" into nested objects, as --set does. */
function dotted(flat: Readonly<Record<string, string>>): Values {
  const root: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(flat)) {
    let here = root;
    const keys = path.split(".");
    for (const key of keys.slice(0, -1)) {
      const next = record(here[key]) as Record<string, unknown> | undefined;
      const made = next ?? {};
      here[key] = made;
      here = made;
    }
    // Helm makes of these what they look like.
    here[keys.at(-1) ?? ""] = value === "true" ? true : value === "false" ? false : value;
  }
  return root;
}
