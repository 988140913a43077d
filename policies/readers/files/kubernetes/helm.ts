/** Helm releases, whoever installs them: judged by their values and by what is known of the chart. */
import { unknown } from "../../../engine/facts";
import type { ScheduledPlacement } from "../../../engine/facts";
import { ephemeralFrom } from "../../ephemeral";
import { at, fields, record, records, text, textMap, texts, yes } from "../../values";
import type { Values } from "../../values";
import { origin } from "../context";
import type { FileContext } from "../context";
import { parseYaml } from "../yaml";
import { bringsDatabase, keepsNothing, persistsByDefault } from "./charts";
import { className } from "./claims";
import { groupOf, namespaceOf, resourceName } from "./names";
import { bothPlacements } from "./placement";
import { readKustomization } from "./kustomize";
import { StorageScan } from "./scan";
import { controllers } from "./appTemplate";

/** A release as far as a file tells. */
export interface Release {
  readonly chart: string;
  readonly values: readonly Values[];
  /** Where further values come from that cannot be seen here. */
  readonly unseen: readonly string[];
}

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

export function readHelm(resource: Values, context: FileContext): void {
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

/** Judges one release: storage in its values, the chart's default, values that cannot be seen. */
export function addRelease(
  release: Release,
  context: FileContext,
  base: ConstructorParameters<typeof StorageScan>[0],
): void {
  const values = merge(release.values);
  const globalClass =
    text(at(values, "global", "storageClass")) ?? text(at(values, "global", "defaultStorageClass"));
  const scan = new StorageScan(base, globalClass === "" ? undefined : globalClass);
  const own = Object.fromEntries(Object.entries(values).filter(([key]) => key !== "global"));
  scan.visit(own);
  const placement = placementOfChart(own, scan);
  const silent = !scan.foundStorage && !scan.foundEphemeral;
  if (silent && persistsByDefault(release.chart, own)) {
    scan.add(
      `the chart ${release.chart}, which has persistence on by default`,
      { kind: "claimTemplate", spec: { class: className(globalClass === "" ? undefined : globalClass) } },
      placement,
    );
  } else if (silent && release.unseen.length > 0 && !keepsNothing(release.chart)) {
    scan.add(
      "its values",
      unknown(
        `they come from ${release.unseen.join(", ")}, which cannot be seen here; put what persistence is into the release's own values`,
      ),
      placement,
    );
  }
  // Argo CD brings a Redis along that keeps nothing, and so do others of its kind.
  if (!keepsNothing(release.chart))
    addSubcharts(own, scan, base, globalClass === "" ? undefined : globalClass);
  context.facts.operatorStorage.push(...scan.storage);
  context.facts.workloads.push(...scan.workloads(), ...controllers(values, base, scan.placementAt(own)));
}

/** Where a chart's main part lands, by the keys charts usually have for it. */
function placementOfChart(values: Values, scan: StorageScan): ScheduledPlacement {
  const part = ["primary", "master", "server", "singleBinary", "standalone"].find(
    (name) => record(values[name]) !== undefined,
  );
  const whole = scan.placementAt(values);
  return part === undefined ? whole : bothPlacements(whole, scan.placementAt(fields(values[part])));
}

/** Databases a chart brings along: switched on and nothing said of their storage, they keep it. */
function addSubcharts(
  values: Values,
  scan: StorageScan,
  base: ConstructorParameters<typeof StorageScan>[0],
  defaultClass: string | undefined,
): void {
  for (const [name, value] of Object.entries(values)) {
    const settings = record(value);
    if (settings === undefined || !yes(settings.enabled) || !bringsDatabase(name)) continue;
    const own = new StorageScan(base, defaultClass);
    own.visit(settings);
    if (own.foundStorage || own.foundEphemeral) continue;
    scan.add(
      `${name}, a chart it brings along that has persistence on by default`,
      {
        kind: "claimTemplate",
        spec: { class: className(defaultClass) },
      },
      placementOfChart(settings, own),
    );
  }
}

function merge(all: readonly Values[]): Values {
  return all.reduce<Values>((whole, next) => mergeTwo(whole, next), {});
}

function mergeTwo(one: Values, other: Values): Values {
  const merged: Record<string, unknown> = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const below = record(merged[key]);
    const above = record(value);
    merged[key] = below !== undefined && above !== undefined ? mergeTwo(below, above) : value;
  }
  return merged;
}
