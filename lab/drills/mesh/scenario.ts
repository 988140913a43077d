/** A fault of the mesh. */
export interface Scenario {
  /** For `ONLY_OF`, which picks some. */
  readonly name: string;
  readonly what: string;
  /** Makes it, and puts it right. @returns what was measured, with its value */
  readonly run: () => Promise<readonly (readonly [string, string])[]>;
}

export const seconds = (since: number) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/** @throws Error with a sentence when something is not as it must be */
export function must(holds: boolean, sentence: string): void {
  if (!holds) throw new Error(sentence);
}
