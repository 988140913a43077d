/** What is said of anything that was thrown: errors here are sentences for people. */
export const sentenceOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
