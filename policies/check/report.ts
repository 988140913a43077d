/** The answer of the check command, for programs and for people. */
import { foreignByName, unrecognised } from "../readers/files/foreign";
import type { Exemption, Judgement, Violation } from "../engine/verdicts";

export interface FileReport {
  readonly path: string;
  readonly verdict: "ok" | "violation" | "error";
  /** False where nothing in it was recognised: then "ok" says nothing of it. */
  readonly read: boolean;
  readonly violations: readonly Pick<Violation, "rule" | "resource" | "detail" | "fix">[];
  readonly exemptions: readonly Pick<Exemption, "rule" | "resource" | "detail" | "reason">[];
  /** Why it could not be judged, where it could not. */
  readonly error?: string;
}

/** What a walk through folders left out. */
export interface LeftOut {
  /** Files that hold something to judge in a form that is not read here: templates, other tools' files. */
  readonly passed: readonly string[];
  /** How many others there were. */
  readonly others: number;
}

/**
 * Sorts a judgement by file, in the order of the paths. A file that could not be judged is never ok.
 *
 * @param unread files in which nothing was recognised
 */
export function reportFiles(
  paths: readonly string[],
  judgement: Judgement,
  errors: ReadonlyMap<string, string>,
  unread: ReadonlySet<string> = new Set(),
): readonly FileReport[] {
  const violations = byFile(judgement.violations);
  const exemptions = byFile(judgement.exemptions);
  return paths.map((path) => {
    const error = errors.get(path);
    const found = unique(violations.get(path) ?? []);
    return {
      path,
      verdict: error !== undefined ? "error" : found.length > 0 ? "violation" : "ok",
      read: error === undefined && !unread.has(path),
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

export function asJson(reports: readonly FileReport[], leftOut: LeftOut): string {
  return `${JSON.stringify({ files: reports, notRead: leftOut })}\n`;
}

/** Text grouped by file: a sentence and the way out each. Files with nothing to say are only counted. */
export function asText(reports: readonly FileReport[], leftOut: LeftOut, colour: boolean): string {
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
  lines.push(summary(reports), ...leftOutLines(reports, leftOut));
  return `${lines.join("\n")}\n`;
}

function summary(reports: readonly FileReport[]): string {
  const read = reports.filter((report) => report.read);
  const violations = reports.reduce((sum, report) => sum + report.violations.length, 0);
  const exemptions = reports.reduce((sum, report) => sum + report.exemptions.length, 0);
  const errors = reports.filter(({ verdict }) => verdict === "error").length;
  if (read.length === 0 && errors === 0) {
    return "Nothing was judged: no manifest, compose file or quadlet was found.";
  }
  const parts = [
    `${count(read.length, "file")} judged`,
    violations === 0 ? "no violations" : count(violations, "violation"),
    ...(exemptions === 0 ? [] : [`${exemptions} declared ephemeral`]),
    ...(errors === 0 ? [] : [`${errors} could not be judged`]),
  ];
  return `${parts.join(", ")}.`;
}

/** "Nothing found" and "nothing read" are told apart: of what was not read, "ok" would say nothing. */
function leftOutLines(reports: readonly FileReport[], { passed, others }: LeftOut): readonly string[] {
  const unread = reports.filter(({ read, verdict }) => !read && verdict === "ok").length + others;
  return [
    ...passed.slice(0, mostNamed).map((path) => `Not read: ${path}: ${foreignByName(path) ?? unrecognised}.`),
    ...(passed.length > mostNamed ? [`Not read: ${passed.length - mostNamed} more like these.`] : []),
    ...(unread === 0 ? [] : [`Not read: ${count(unread, "file")} in which nothing was recognised.`]),
  ];
}

const mostNamed = 5;

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
