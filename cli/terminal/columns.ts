type Cells = readonly string[];

/**
 * Rows as lines of columns, each as wide as its widest cell, without blanks at a line's end.
 * @param rows of the same length each, the head among them.
 * @param right whether a column's cells stand to the right, as numbers do. @default none
 */
export function columns(
  rows: readonly Cells[],
  right: (column: number) => boolean = () => false,
): readonly string[] {
  const widths = widthsOf(rows);
  const cell = (text: string, column: number) =>
    right(column) ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0);
  return rows.map((row) => row.map(cell).join("  ").trimEnd());
}

/** The same with a line below the head. */
export function ruled(head: Cells, rows: readonly Cells[], right?: (column: number) => boolean): string {
  const all = [head, ...rows];
  const [title = "", ...lines] = columns(all, right);
  return [
    title,
    widthsOf(all)
      .map((width) => "-".repeat(width))
      .join("  "),
    ...lines,
  ].join("\n");
}

function widthsOf(rows: readonly Cells[]): readonly number[] {
  return (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
}
