/** Options of a command line, each with its value, as podman and docker take them apart. */
import { takesValue } from "./switches/switches";
import type { Tool } from "./switches/switches";

export interface Options {
  /** Options in their order; a switch without a value has "". */
  readonly options: readonly { readonly name: string; readonly value: string }[];
  /** Words from the first that is no option on. */
  readonly rest: readonly string[];
}

/**
 * Reads options until the first word that is none.
 *
 * @param command "run", "pod create"; "" for the options before a command
 */
export function readOptions(words: readonly string[], tool: Tool, command: string): Options {
  const options: { name: string; value: string }[] = [];
  let index = 0;
  for (; index < words.length; index += 1) {
    const word = words[index] ?? "";
    if (!word.startsWith("-") || word === "-") break;
    if (word === "--") {
      index += 1;
      break;
    }
    const joined = /^(--[^=]+)=(.*)$/s.exec(word);
    if (joined !== null) options.push({ name: joined[1] ?? "", value: joined[2] ?? "" });
    else if (word.startsWith("--")) {
      const takes = takesValue(word, words[index + 1], tool, command);
      options.push({ name: word, value: takes ? (words[index + 1] ?? "") : "" });
      if (takes) index += 1;
    } else {
      const short = shortOptions(word, words[index + 1], tool, command);
      options.push(...short.options);
      if (short.usesNext) index += 1;
    }
  }
  return { options, rest: words.slice(index) };
}

/** "-itv/a:/b", "-dv /a:/b", "-v=/a:/b": letters until the first that takes a value. */
function shortOptions(
  word: string,
  next: string | undefined,
  tool: Tool,
  command: string,
): { options: { name: string; value: string }[]; usesNext: boolean } {
  const options: { name: string; value: string }[] = [];
  for (let at = 1; at < word.length; at += 1) {
    const name = `-${word[at] ?? ""}`;
    const inline = word.slice(at + 1).replace(/^=/, "");
    if (!takesValue(name, inline === "" ? next : inline, tool, command)) {
      options.push({ name, value: "" });
      // "-d=true": the value of a switch, not more of them.
      if (word[at + 1] === "=") break;
      continue;
    }
    options.push({ name, value: inline === "" ? (next ?? "") : inline });
    return { options, usesNext: inline === "" };
  }
  return { options, usesNext: false };
}
