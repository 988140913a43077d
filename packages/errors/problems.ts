import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/**
 * A schema's findings as sentences for people: the key, the value that stands there, and what is allowed.
 * @param raw what was validated, to show the wrong value.
 */
export function problems(error: z.ZodError, raw: unknown): string[] {
  return error.issues.flatMap((issue) => sentences(issue, raw));
}

function sentences(issue: Issue, raw: unknown): string[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${dotted([...issue.path, key])} is not a known key.`);
  }
  const key = dotted(issue.path);
  const value = valueAt(raw, issue.path);
  if (value === undefined) {
    // A schema may say how to get the missing thing.
    const said = issue.message.startsWith("is missing") ? issue.message : "is missing";
    return [`${key} ${said}.`];
  }
  return [`${key} is ${shown(value)}: it ${withVerb(issue.message)}.`];
}

/** zod's own messages begin with "Invalid input: expected string, received number". */
function withVerb(message: string): string {
  const expected = /^Invalid input: expected (.+), received .+$/.exec(message)?.[1];
  if (expected !== undefined) return `must be ${/^[aeiou]/.test(expected) ? "an" : "a"} ${expected}`;
  if (message.startsWith("Too small: expected number to be ")) return `must be ${message.slice(33)}`;
  if (message.startsWith("Too big: expected number to be ")) return `must be ${message.slice(31)}`;
  return message;
}

function dotted(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "the file" : path.map(String).join(".");
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = raw;
  for (const key of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return "nothing";
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
