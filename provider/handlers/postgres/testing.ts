import type { Context } from "../../handler";

/** A context that remembers what was said. */
export function listening(signal: AbortSignal = new AbortController().signal) {
  const heard: string[] = [];
  const say = (message: string) => {
    heard.push(message);
  };
  return { log: { info: say, warn: say }, signal, heard } satisfies Context & { heard: string[] };
}
