import { ruled } from "../../cli/terminal";
import type { Compared } from "./compare";
import type { Moved } from "./move";
import { size, type Plan } from "./plan";
import type { Client } from "./snapshot";

/** What people are shown. */

/** Columns as wide as their widest cell; numbers to the right. */
function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const isNumeric = (column: number) =>
    rows.length > 0 && rows.every((row) => /^[\d.]*( s)?$/.test(row[column] ?? ""));
  return ruled(head, rows, isNumeric);
}

export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

export function planTable({ databases }: Plan): string {
  return grid(
    ["database", "becomes", "size", "tables", "vectors", "large objects", "extensions", "owner", "state"],
    databases.map(({ from, to, bytes, facts, owner, stage, movedAt }) => [
      from,
      to,
      size(bytes),
      String(facts?.tables ?? ""),
      String(facts?.vectors ?? ""),
      String(facts?.largeObjects ?? ""),
      facts?.extensions.map(({ name }) => name).join(" ") ?? "",
      owner,
      stage === "moved" ? `moved ${movedAt ?? ""}` : stage,
    ]),
  );
}

export function comparedTable(all: readonly { database: string; compared: readonly Compared[] }[]): string {
  const rows = all.flatMap(({ database, compared }) =>
    compared.map(({ what, count, differences }) => [
      database,
      what,
      String(count),
      differences.length === 0 ? "equal" : `${differences.length} DIFFERENT`,
    ]),
  );
  const named = all.flatMap(({ database, compared }) =>
    compared.flatMap(({ differences }) => differences.map((sentence) => `  ${database}: ${sentence}`)),
  );
  const most = 200;
  const shown = named.slice(0, most);
  if (named.length > most) shown.push(`  … and ${named.length - most} more`);
  return [
    grid(["database", "what", "compared", "result"], rows),
    ...(shown.length > 0 ? ["", ...shown] : []),
  ].join("\n");
}

export function movedTable(moved: readonly Moved[]): string {
  const cell = (seconds: number | undefined) => (seconds === undefined ? "" : `${seconds.toFixed(1)} s`);
  return grid(
    ["database", "becomes", "size", "dump", "restore", "verify", "switch"],
    moved.map(({ database, seconds }) => [
      database.from,
      database.to,
      size(database.bytes),
      cell(seconds.dump),
      cell(seconds.restore),
      cell(seconds.verify),
      cell(seconds.switch),
    ]),
  );
}

/** What is left to people: who has to be pointed elsewhere, and the way back. */
export function whatNow(
  { databases }: Plan,
  target: { host: string; port: number; node: string },
  clients: readonly Client[],
  written: readonly string[],
): string {
  const lines = ["What to switch"];
  for (const { from, to, owner } of databases) {
    const dsn = `postgresql://${owner}@${target.host}:${target.port}/${to}`;
    const users = clients.filter(({ database }) => database === from);
    const who = users.map(
      ({ user, program, address }) => `${program === "" ? user : `${program} (${user})`} from ${address}`,
    );
    lines.push(`  ${from} → ${dsn}`);
    lines.push(`    connected to the source now: ${who.length === 0 ? "nobody" : who.join(", ")}`);
  }
  lines.push(
    `  Passwords: pulumi stack output --stack ${target.node} --show-secrets dsns`,
    `  Then: pulumi preview --stack ${target.node} --expect-no-changes (roles, rights and extensions as declared)`,
    "The way back",
    "  The source is as it was. Until something writes to the new place, point the clients back and nothing is lost.",
    `  To move again, on ${target.node}: DROP DATABASE …, then pulumi up --stack ${target.node}, which makes it anew and empty.`,
  );
  if (written.length > 0) {
    lines.push(
      "Written to in the source since it was dumped (not in the new place)",
      ...written.map((table) => `  ${table}`),
      "  Stop what writes there and compare: npx homelab migrate verify",
    );
  }
  return lines.join("\n");
}
