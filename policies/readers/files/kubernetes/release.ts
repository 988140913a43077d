/** A Helm release, judged by its values and by what is known of the chart. */
import { unknown } from "../../../engine/facts";
import type { ScheduledPlacement } from "../../../engine/facts";
import { at, fields, record, text, yes } from "../../values";
import type { Values } from "../../values";
import type { FileContext } from "../context";
import { bringsDatabase, keepsNothing, persistsByDefault } from "./charts";
import { className } from "./claims";
import { controllers } from "./app-template";
import { bothPlacements } from "./placement";
import { StorageScan } from "./scan";

/** A release as far as a file tells. */
export interface Release {
  readonly chart: string;
  readonly values: readonly Values[];
  /** Where further values come from that cannot be seen here. */
  readonly unseen: readonly string[];
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
