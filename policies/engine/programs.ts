/** Which program a container runs, as far as its entrypoint and arguments tell. */
import type { Container } from "./facts";
import { dataName, notDataName } from "./tables/options";

const shells = new Set([
  "sh",
  "bash",
  "ash",
  "dash",
  "zsh",
  "ksh",
  "tini",
  "dumb-init",
  "env",
  "exec",
  "gosu",
  "su-exec",
]);

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
  if (!shells.has(first)) return false;
  return words
    .slice(1)
    .some((word) => word.split(/[\s;&|()"'`]+/).some((part) => programs.test(baseName(part))));
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
