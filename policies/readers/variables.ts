/** Variables and template actions that were left in a text. */
import { unknown } from "../engine/facts";
import type { Told } from "../engine/facts";
import { isPlumbing } from "../engine/paths";

const variable = /\$\{[^}]*\}|\$\([^)]*\)|\$[A-Za-z_]\w*|\{\{.*?\}\}|<%.*?%>|\{%.*?%\}/;

/** Longer than any path or name: such a text is only looked at for what variables begin with. */
const longest = 8192;

/** True where a text has a variable or template action nobody filled in. */
export function hasVariable(text: string): boolean {
  return text.length > longest ? /\$|\{\{|<%|\{%/.test(text) : variable.test(text);
}

/** A text with the defaults of its variables in their places, as who fills it in takes them: `${NAME:-default}`. */
export function withDefaults(text: string): string {
  return text.replace(/\$\{\w+:?[-=]([^${}]*)\}/g, "$1");
}

/**
 * A path as far as it is known. One with a variable is unknown, unless what stands before the variable (or a
 * socket's ending after it) already tells that it is plumbing.
 */
export function toldPath(path: string): Told<string> {
  if (path.length > longest) return unknown("it is longer than any path");
  const found = variable.exec(path);
  if (found === null) return path;
  const before = path.slice(0, found.index);
  if (before.includes("/") && isPlumbing(before.slice(0, before.lastIndexOf("/") + 1))) return path;
  if (path.endsWith(".sock")) return path;
  return unknown(`${found[0]} has no value here`);
}
