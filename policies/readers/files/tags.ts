/** Compose's tags `!reset` and `!override`, which say how a value goes with those of the files before. */

const resets = new WeakSet();
const overrides = new WeakSet();

/** What stands for a value that takes back those before it. */
export function reset(): object {
  const mark = {};
  resets.add(mark);
  return mark;
}

/** Marks a list or map that takes the place of those before it; a scalar does so anyway. */
export function override(value: unknown): unknown {
  if (typeof value === "object" && value !== null) overrides.add(value);
  return value;
}

export function isReset(value: unknown): boolean {
  return typeof value === "object" && value !== null && resets.has(value);
}

export function isOverride(value: unknown): boolean {
  return typeof value === "object" && value !== null && overrides.has(value);
}

/** A copy of a value with the same tag as the value. */
export function tagged<T>(copy: T, value: unknown): T {
  if (typeof copy === "object" && copy !== null) {
    if (isReset(value)) resets.add(copy);
    if (isOverride(value)) overrides.add(copy);
  }
  return copy;
}
