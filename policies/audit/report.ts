/** The audit's answer as text for people. */
import type { Findings, Loss } from "./verdict";
import { undeclared } from "./verdict";

export function report(node: string, findings: Findings): string {
  const lines: string[] = [];
  const open = undeclared(findings);
  const declared = findings.losses.filter((one) => one.ephemeral !== undefined);
  if (open.length === 0 && findings.units.length === 0)
    lines.push(`Nothing on ${node} would be lost if it vanished now.`);
  else if (open.length > 0) {
    lines.push(`If ${node} vanished now, this would be lost:`);
    for (const one of bySize(open)) lines.push(...shown(one));
  }
  if (findings.units.length > 0) {
    lines.push(
      `Units on ${node} that keep data there:`,
      ...findings.units.map((sentence) => `  ${sentence}`),
    );
  }
  if (declared.length > 0) {
    lines.push("Declared ephemeral:");
    for (const one of bySize(declared))
      lines.push(...shown(one), `             because: ${one.ephemeral ?? ""}`);
  }
  if (findings.grown.length > 0) {
    lines.push("Grown since the last look:");
    for (const { path, from, to } of findings.grown)
      lines.push(`${sized(to - from)} more in ${path} (${sized(to).trim()} now)`);
  }
  if (open.length > 0) {
    lines.push(
      `Move it to an always-on node; or, if losing it costs nothing, say why: label homelab.dev/ephemeral on the container or volume, a line in DIRECTORY/.homelab-ephemeral for a directory.`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function bySize(losses: readonly Loss[]): readonly Loss[] {
  return losses.toSorted((one, other) => (other.bytes ?? Infinity) - (one.bytes ?? Infinity));
}

function shown({ what, path, bytes, notes }: Loss): string[] {
  return [`${sized(bytes)}  ${what}  ${path}`, ...notes.map((note) => `             ${note}`)];
}

const units = ["B", "KB", "MB", "GB", "TB"] as const;

/** "12.3 GB", right-aligned. */
export function sized(bytes: number | undefined): string {
  if (bytes === undefined) return "   unknown".padStart(10);
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ""}`.padStart(10);
}
