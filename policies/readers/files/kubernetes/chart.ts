/** Charts as folders: judged by their values, since nothing here renders templates. */
import { record, records, text, yes } from "../../values";
import type { Values } from "../../values";
import { baseName, beside, folderOf, origin } from "../context";
import type { FileContext } from "../context";
import { parseYaml } from "../yaml";
import { bringsDatabase, keepsNothing } from "./charts";
import { addRelease } from "./release";

/** True for a Chart.yaml. */
export function isChart(value: Values, path: string): boolean {
  return (
    baseName(path) === "Chart.yaml" && text(value.name) !== undefined && text(value.version) !== undefined
  );
}

/** True for a file of Helm values by its name: values.yaml, values-home.yaml, loki-values.yml. */
export function isValues(path: string): boolean {
  return /(^|[._-])values([._-][^/]*)?\.ya?ml$/i.test(baseName(path));
}

/** Judges Helm values by what they switch on, whichever chart they are for. */
export function readValues(values: Values, context: FileContext): void {
  const base = { origin: origin(context, `Helm values ${baseName(context.path)}`), by: "helm" } as const;
  addRelease({ chart: statelessChartOf(context.path), values: [values], unseen: [] }, context, base);
}

/** "argocd-values.yaml" and "argocd/values.yaml" are for a chart that keeps nothing; of others a name says too little. */
function statelessChartOf(path: string): string {
  const stem = baseName(path).replace(/[._-]?values.*$/i, "") || baseName(folderOf(path));
  return keepsNothing(stem) ? stem : "";
}

/** Judges a chart by the values.yaml beside it, and by the charts it depends on. */
export function readChart(chart: Values, context: FileContext): void {
  if (text(chart.type) === "library") return;
  const valuesPath = beside(context.path, "values.yaml");
  const content = context.lookup(valuesPath);
  const parsed = content === undefined ? undefined : parseYaml(content);
  const values = parsed === undefined || "error" in parsed ? [] : records(parsed.documents);
  const name = text(chart.name) ?? "";
  const base = { origin: origin(context, `Helm chart ${name}`), by: "helm" } as const;
  // Values of the set are judged where they stand.
  if (context.isGiven?.(valuesPath) !== true) addRelease({ chart: "", values, unseen: [] }, context, base);
  const all = Object.assign({}, ...values) as Values;
  for (const dependency of records(chart.dependencies)) {
    const own = text(dependency.alias) ?? text(dependency.name) ?? "";
    const condition = (text(dependency.condition) ?? "").split(".")[0];
    const settings = record(all[own]) ?? record(all[condition ?? ""]);
    if (settings?.enabled === false) continue;
    if (yes(settings?.enabled) && bringsDatabase(own)) continue;
    // Its values were judged above; what is left is the chart's own default.
    if (settings !== undefined && JSON.stringify(settings).includes("ersisten")) continue;
    addRelease({ chart: text(dependency.name) ?? "", values: [], unseen: [] }, context, base);
  }
}
