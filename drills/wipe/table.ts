import { ruled } from "../../terminal";

/** Rows as text in columns, numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return `${ruled(head, rows, (column) => column > 0)}\n`;
}

/** @param values at least one */
export function spread(values: readonly number[]): { least: number; median: number; most: number } {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (position: number) => sorted[position] ?? NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    least: at(0),
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    most: at(sorted.length - 1),
  };
}
