/** The message of whatever was thrown. */
export const errorMessage = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** A sentence as a part of another one. */
export const clause = (sentence: string): string => sentence.replace(/\.$/, "");
