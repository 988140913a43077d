/** The answer of the check command, for programs and for people. */
import type { Exemption, Judgement, Violation } from "../engine/verdicts";

export interface FileReport {
  readonly path: string;
  readonly verdict: "ok" | "violation" | "error";
  readonly violations: readonly Pick<Violation, "rule" | "resource" | "detail" | "fix">[];
  readonly exemptions: readonly Pick<Exemption, "rule" | "resource" | "detail" | "reason">[];
  /** Why it could not be judged, where it could not. */
  readonly error?: string;
}

/** Sorts a judgement by file, in the order of the paths. A file that could not be judged is never ok. */
export function reportFiles(
  paths: readonly string[],
  judgement: Judgement,
  errors: ReadonlyMap<string, string>,
): readonly FileReport[] {
  const violations = byFile(judgement.violations);
  const exemptions = byFile(judgement.exemptions);
  return paths.map((path) => {
    const error = errors.get(path);
    const found = unique(violations.get(path) ?? []);
    return {
      path,
      verdict: error !== undefined ? "error" : found.length > 0 ? "violation" : "ok",
      violations: found.map(({ rule, resource, detail, fix }) => ({ rule, resource, detail, fix })),
      exemptions: unique(exemptions.get(path) ?? []).map(({ rule, resource, detail, reason }) => ({
        rule,
        resource,
        detail,
        reason,
      })),
      ...(error === undefined ? {} : { error }),
    };
  });
}

function byFile<T extends { readonly file: string }>(items: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(item.file);
    if (group) group.push(item);
    else groups.set(item.file, [item]);
  }
  return groups;
}

function unique<T extends { readonly rule: string; readonly detail: string }>(
  items: readonly T[],
): readonly T[] {
  return [...new Map(items.map((item) => [`${item.rule} ${item.detail}`, item])).values()];
}

/** 0 nothing, 1 violations, 2 something could not be judged. */
export function exitCode(reports: readonly FileReport[]): 0 | 1 | 2 {
  if (reports.some(({ verdict }) => verdict === "error")) return 2;
  return reports.some(({ verdict }) => verdict === "violation") ? 1 : 0;
}

export function asJson(reports: readonly FileReport[]): string {
  return `${JSON.stringify({ files: reports })}\n`;
}

/** Text grouped by file: a sentence and the way out each. Files with nothing to say are only counted. */
export function asText(reports: readonly FileReport[], colour: boolean): string {
  const paint = (code: number, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const lines: string[] = [];
  for (const report of reports) {
    if (report.verdict === "ok" && report.exemptions.length === 0) continue;
    lines.push(paint(1, report.path));
    if (report.error !== undefined) lines.push(`  ${paint(31, "could not be judged")}: ${report.error}`);
    for (const { rule, detail, fix } of report.violations) {
      lines.push(`  ${paint(31, "violation")} ${detail} ${paint(2, `(${rule})`)}`, `    way out: ${fix}`);
    }
    for (const { rule, detail, reason } of report.exemptions) {
      lines.push(`  ${paint(33, "ephemeral")} ${detail} ${paint(2, `(${rule})`)}`, `    because: ${reason}`);
    }
    lines.push("");
  }
  return `${lines.join("\n")}${lines.length > 0 ? "\n" : ""}${summary(reports)}\n`;
}

function summary(reports: readonly FileReport[]): string {
  const violations = reports.reduce((sum, report) => sum + report.violations.length, 0);
  const exemptions = reports.reduce((sum, report) => sum + report.exemptions.length, 0);
  const errors = reports.filter(({ verdict }) => verdict === "error").length;
  const parts = [
    `${count(reports.length, "file")} checked`,
    violations === 0 ? "no violations" : count(violations, "violation"),
    ...(exemptions === 0 ? [] : [`${exemptions} declared ephemeral`]),
    ...(errors === 0 ? [] : [`${errors} could not be judged`]),
  ];
  return `${parts.join(", ")}.`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
