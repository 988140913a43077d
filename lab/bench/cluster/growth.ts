import { grid, median } from "../results";

/** Runs of one size: seconds by what was run. */
export interface Size {
  readonly workloads: number;
  readonly seconds: Readonly<Record<What, readonly number[]>>;
}

export const whats = ["preview", "up", "preview again", "up again"] as const;
export type What = (typeof whats)[number];

const middle = (size: Size, what: What) => median(size.seconds[what]) ?? NaN;

/** Milliseconds a workload beyond the run without any, whose time has nothing to do with how many there are. */
export function each(size: Size, none: Size, what: What): number {
  return (1000 * (middle(size, what) - middle(none, what))) / size.workloads;
}

/** The table, as Markdown: whole runs, and a workload's part of them. */
export function table(none: Size, sizes: readonly Size[]): string {
  const head = ["workloads", ...whats.flatMap((what) => [`${what}, s`, "each, ms"])];
  const row = (size: Size) => [
    String(size.workloads),
    ...whats.flatMap((what) => [
      middle(size, what).toFixed(1),
      size.workloads === 0 ? "" : each(size, none, what).toFixed(0),
    ]),
  ];
  return grid([head, ...[none, ...sizes].map(row)]);
}

/** The most that a workload's part may grow from the fewest to the most workloads and still be called the same. */
const tolerance = 1.3;

/** Whether times grow as the number does: a workload takes no longer among many than among few. */
export function growth(none: Size, sizes: readonly Size[]): string[] {
  const most = sizes.at(-1);
  if (most === undefined) return [];
  return whats.map((what) => {
    // Of few workloads the part may be less than what two runs differ by; such a one is nothing to compare with.
    const few = sizes.find((one) => each(one, none, what) > 0);
    if (few === undefined || few === most) return `- not to be told: ${what}: less than what runs differ by`;
    const ratio = each(most, none, what) / each(few, none, what);
    const verdict = ratio <= tolerance ? "met" : "NOT MET";
    return `- ${verdict}: ${what}: a workload of ${most.workloads} takes at most ${tolerance.toFixed(1)}× as long as one of ${few.workloads}: ${ratio.toFixed(2)}×`;
  });
}
