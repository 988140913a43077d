/** Which program a container runs, as far as its entrypoint and arguments tell. */
import type { Container } from "./facts";
import { dataName, notDataName } from "./tables/options";

/** Programs that take another's words: what they start is what counts. */
const wrapper =
  /^(ba|da|a|z|k)?sh$|^(tini|dumb-init|env|exec|gosu|su-exec|su|runuser|sudo|nohup|time|timeout|nice|ionice|setpriv|chpst|catatonit|stdbuf|command)$/;

/** Words of the shell's own that stand in front of a command. */
const keyword = /^(if|then|else|elif|while|until|do|!|\{|\()$/;

/**
 * True when the container starts one of the programs, or states nothing that would keep the image from it.
 *
 * @param programs names of executables or subcommands that start the service
 */
export function starts(container: Container, programs: RegExp): boolean {
  const entrypoint = (container.entrypoint ?? []).filter((word) => word !== "");
  const args = container.args ?? [];
  if (entrypoint.length > 0) return runs([...entrypoint, ...args], programs);
  const first = args[0];
  // Options go to the image's own entrypoint.
  if (first === undefined || first === "" || first.startsWith("-")) return true;
  return runs(args, programs);
}

function runs(words: readonly string[], programs: RegExp): boolean {
  const first = baseName(words[0] ?? "");
  if (programs.test(first)) return true;
  // An entrypoint script or a variable may start anything: only known other programs are believed.
  if (/\.sh$|entrypoint|^\$|^run$/.test(first)) return true;
  if (!wrapper.test(first)) return false;
  // A text for a shell, or words for a program that starts others.
  return commandsIn(words.slice(1)).some((command) => startsOne(command, programs));
}

/** The commands of a shell text: what stands between its separators. A client's arguments are no commands. */
function commandsIn(words: readonly string[]): readonly (readonly string[])[] {
  return words
    .join(" ")
    .replace(/\\\r?\n/g, " ")
    .split(/&&|\|\||[;|&\n()`]/)
    .map((command) => command.split(/[\s"']+/).filter((word) => word !== ""));
}

function startsOne(words: readonly string[], programs: RegExp): boolean {
  for (const [at, word] of words.entries()) {
    const name = baseName(word);
    if (programs.test(name)) return true;
    // Options, variables, numbers and users of what starts another program.
    const before = baseName(words[at - 1] ?? "");
    const belongs =
      word.startsWith("-") ||
      /^[A-Za-z_]\w*=/.test(word) ||
      /^\d+[smh]?$/.test(word) ||
      keyword.test(word) ||
      wrapper.test(name) ||
      /^(gosu|su-exec|su|runuser|sudo|-u|-g|setpriv|chpst|-)$/.test(before);
    if (!belongs) return false;
  }
  return false;
}

function baseName(word: string): string {
  return word.slice(word.lastIndexOf("/") + 1).toLowerCase();
}

/** Everything a container is told, as one text per word: arguments and values of variables. */
export function toldTo(container: Container): readonly string[] {
  const values = Object.values(container.env).filter((value) => typeof value === "string");
  return [...(container.entrypoint ?? []), ...(container.args ?? []), ...values];
}

/** Paths a container is told to keep its data at, by options ("--datadir=/x", "-D /x") and variables (PGDATA). */
export function dataPathsOf(container: Container): readonly string[] {
  const words = [...(container.entrypoint ?? []), ...(container.args ?? [])].flatMap((word) =>
    word.split(/\s+/),
  );
  const pairs: (readonly [string, string])[] = words.map((word, index) => {
    const cut = word.indexOf("=");
    return cut > 0 ? [word.slice(0, cut), word.slice(cut + 1)] : [words[index - 1] ?? "", word];
  });
  for (const [name, value] of Object.entries(container.env))
    if (typeof value === "string") pairs.push([name, value]);
  return pairs.flatMap(([name, value]) =>
    value.startsWith("/") && dataName.test(name) && !notDataName.test(name) ? [value] : [],
  );
}
