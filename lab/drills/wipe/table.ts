import { ruled } from "../../../cli/terminal";

/** Rows as text in columns, numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return `${ruled(head, rows, (column) => column > 0)}\n`;
}
