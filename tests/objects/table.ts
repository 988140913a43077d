import { engineNames, type EngineName } from "./engines";

/** The table of docs/components/object-store.md that says what each engine can do. */
const begins = "<!-- features: made by `OBJECTS_TABLE=write make test-objects` -->";
const ends = "<!-- end of features -->";
type Rows = ReadonlyMap<string, Partial<Record<EngineName, string>>>;

function parts(text: string): { readonly before: string; readonly table: string; readonly after: string } {
  const [before = "", rest] = text.split(begins);
  const [table = "", after] = (rest ?? "").split(ends);
  if (rest === undefined || after === undefined) throw new Error(`The page lacks ${begins} or ${ends}.`);
  return { before, table, after };
}

/** What the page says, by feature. */
export function documented(text: string): Rows {
  const rows = parts(text)
    .table.split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(2)
    .map((line) => {
      const [title = "", minio = "", seaweedfs = ""] = line
        .split("|")
        .slice(1)
        .map((cell) => cell.trim());
      return [title, { minio, seaweedfs }] as const;
    });
  return new Map(rows);
}

/** The page with what was seen. */
export function withTable(text: string, rows: Rows): string {
  const cells = [
    ["Feature", "MinIO", "SeaweedFS"],
    ...[...rows].map(([title, by]) => [title, ...engineNames.map((name) => by[name] ?? "not asked")]),
  ];
  const width = [0, 1, 2].map((i) => Math.max(...cells.map((row) => (row[i] ?? "").length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(width[i] ?? 0)).join(" | ")} |`;
  const rule = `| ${width.map((n) => "-".repeat(n)).join(" | ")} |`;
  const [head = [], ...others] = cells;
  const { before, after } = parts(text);
  return `${before}${begins}\n\n${[line(head), rule, ...others.map(line)].join("\n")}\n\n${ends}${after}`;
}
