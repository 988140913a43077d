/** How much the check takes at once, so that no input keeps it from an answer. */

/** Larger than any manifest people write: the largest bundles of definitions have five. */
export const largestFile = 8 * 2 ** 20;

/** Of all files together. */
export const largestSet = 32 * 2 ** 20;
