/** Message number N; its length is another one for each number, from a few bytes to some pages of the disk. */
export const messageOf = (n: number): string => `${n} ${"x".repeat((n * 7919) % 12_000)}`;

/** The number of a message that is there; nothing when that was sent by nobody. */
export function numberOf(text: string): number | undefined {
  const n = Number.parseInt(text, 10);
  return Number.isSafeInteger(n) && messageOf(n) === text ? n : undefined;
}

export interface Found {
  readonly lost: readonly string[];
  /** There, and not what was sent. */
  readonly torn: readonly string[];
}

/**
 * @param acknowledged number of each message that the server acknowledged, by its sequence
 * @param there what is in the stream now, by sequence
 */
export function missing(
  acknowledged: ReadonlyMap<number, number>,
  there: ReadonlyMap<number, string>,
): Found {
  const torn: string[] = [];
  for (const [sequence, text] of there)
    if (numberOf(text) === undefined) torn.push(`message ${sequence} begins with '${text.slice(0, 20)}'`);
  const lost = [...acknowledged]
    .filter(([sequence, n]) => there.get(sequence) !== messageOf(n))
    .map(([sequence, n]) => {
      const text = there.get(sequence);
      return `${n}, acknowledged as message ${sequence}, ${text === undefined ? "is gone" : "is another one now"}`;
    });
  return { lost, torn };
}

/**
 * Of keys only the newest value is kept: it is what was acknowledged last, or what was sent after that.
 * @param acknowledged the last number that was acknowledged, by key; numbers of a key only grow
 * @param number of a value; nothing when that was sent by nobody
 */
export function older(
  acknowledged: ReadonlyMap<string, number>,
  there: ReadonlyMap<string, string>,
  number: (text: string) => number | undefined = numberOf,
): Found {
  const found = { lost: [] as string[], torn: [] as string[] };
  for (const [key, n] of acknowledged) {
    const text = there.get(key);
    const value = text === undefined ? undefined : number(text);
    if (text === undefined) found.lost.push(`${key} is gone`);
    else if (value === undefined) found.torn.push(`${key} begins with '${text.slice(0, 20)}'`);
    else if (value < n) found.lost.push(`${key} is ${value}, and ${n} was acknowledged`);
  }
  return found;
}
