export const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

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
