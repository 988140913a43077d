import { grid } from "../results";

/** One way of searching, and what was measured of it. */
export interface Measured {
  readonly what: string;
  /** hnsw.ef_search. */
  readonly candidates: number;
  /** Of each search, milliseconds. */
  readonly searches: readonly number[];
  /** Of each arriving document, milliseconds. */
  readonly stores: readonly number[];
  /** Mean share of the ten nearest that were found, 0 to 1. */
  readonly recall: number;
}

/** The smallest of the values that `part` of them do not exceed. @throws Error for no values */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
  if (found === undefined) throw new Error("There is no percentile of nothing.");
  return found;
}

/**
 * Share of the nearest that were found. By distance, not by name: of two documents that are equally near, either will do.
 * @param exact distances of the nearest, by comparing all
 * @param found distances of what the index found
 */
export function recall(exact: readonly number[], found: readonly number[]): number {
  const furthest = Math.max(...exact);
  const near = found.filter((distance) => distance <= furthest + 1e-6).length;
  return Math.min(near, exact.length) / exact.length;
}

export function table(measured: readonly Measured[]): string {
  const head = ["search", "ef_search", "p50, ms", "p95, ms", "recall@10", "searches", "store p95, ms"];
  const rows = measured.map(({ what, candidates, searches, stores, recall: share }) => [
    what,
    String(candidates),
    percentile(searches, 0.5).toFixed(1),
    percentile(searches, 0.95).toFixed(1),
    share.toFixed(3),
    String(searches.length),
    percentile(stores, 0.95).toFixed(1),
  ]);
  return grid([head, ...rows]);
}
