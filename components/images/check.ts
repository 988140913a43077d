import digests from "./digests.json";
import { LookupError, lookUpDigest, type LookupFailure } from "./registry";

export interface Checked {
  readonly image: string;
  /** Absent when the registry serves it. */
  readonly problem?: { readonly failure: LookupFailure; readonly message: string };
}

/**
 * Looks up each image, and what it was pinned to where that is known, since a pinned digest can be deleted too. Writes
 * nothing.
 */
export async function check(
  images: readonly string[],
  known: Readonly<Record<string, string>> = digests,
): Promise<Checked[]> {
  const checked: Checked[] = [];
  for (const image of [...new Set(images)].sort()) {
    const pinned = known[image];
    for (const reference of pinned === undefined ? [image] : [image, `${image}@${pinned}`]) {
      checked.push(await checkOne(reference));
    }
  }
  return checked;
}

async function checkOne(image: string): Promise<Checked> {
  try {
    await lookUpDigest(image);
    return { image };
  } catch (error) {
    if (!(error instanceof LookupError)) throw error;
    return { image, problem: { failure: error.failure, message: error.message } };
  }
}

/** 0: all are there; 1: at least one is gone; 2: none is known to be gone, and some could not be looked up. */
export function exitCode(checked: readonly Checked[]): 0 | 1 | 2 {
  const failures = checked.flatMap(({ problem }) => (problem === undefined ? [] : [problem.failure]));
  if (failures.includes("gone")) return 1;
  return failures.length > 0 ? 2 : 0;
}
