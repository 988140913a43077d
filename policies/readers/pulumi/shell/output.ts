/** What a command writes and is fed, where the text tells it. */
import { unknown } from "../../../engine/facts";
import type { Told } from "../../../engine/facts";
import type { Statement } from "./statement";

/** Texts of files by path: those a script wrote, and on the machine that runs Pulumi its own. */
export interface Texts {
  readonly get: (path: string) => string | undefined;
}

/** What a command reads: a here-document, what is piped to it, the script's own input. */
export function fedTo(one: Statement, stdin?: Told<string>, texts?: Texts): Told<string> | undefined {
  if (one.fed !== undefined) return one.fed;
  if (one.reads !== undefined) {
    if (one.reads === "/dev/null") return "";
    return texts?.get(one.reads) ?? unknown(`it is read from ${one.reads}, which is not in the text`);
  }
  if (one.from === undefined) return stdin;
  return outputOf(one.from, stdin, texts) ?? unknown("it is made by another command, so it cannot be seen");
}

/** What a command writes; undefined where the text does not tell. */
export function outputOf(one: Statement, stdin?: Told<string>, texts?: Texts): Told<string> | undefined {
  const [first = "", ...args] = one.words;
  const input = (): Told<string> | undefined => fedTo(one, stdin, texts);
  switch (first.replace(/^.*\//, "")) {
    case "echo":
      return echo(args);
    case "printf":
      return printf(args[0] === "--" ? args.slice(1) : args);
    case "cat":
      if (args.every((word) => word === "-" || word === "/dev/stdin")) return input();
      return args.length === 1 ? texts?.get(args[0] ?? "") : undefined;
    case "tee":
      return input();
    case "base64":
      return mapped(one, input(), (text) =>
        args.some((word) => /^(-d|-di|--decode|-D)$/.test(word))
          ? Buffer.from(text, "base64").toString("utf8")
          : Buffer.from(text).toString("base64"),
      );
    case "rev":
      return mapped(one, input(), (text) =>
        text
          .split("\n")
          .map((line) => Array.from(line).reverse().join(""))
          .join("\n"),
      );
    case "xxd":
      return args.includes("-r") && args.includes("-p") ? mapped(one, input(), hex) : undefined;
    case ":":
    case "true":
      return "";
    default:
      return undefined;
  }
}

/** What is not told cannot be decoded. */
function mapped(
  one: Statement,
  text: Told<string> | undefined,
  change: (text: string) => string,
): Told<string> | undefined {
  if (typeof text !== "string") return text;
  return isTold(one) ? change(text) : unknown("a part of what it is made from has no value here");
}

/** True when the text tells every word of a command and of those whose output it reads. */
export function isTold(one: Statement): boolean {
  return one.open.size === 0 && (one.from === undefined || isTold(one.from));
}

function hex(text: string): string {
  return Buffer.from(text.replace(/\s/g, ""), "hex").toString("utf8");
}

function echo(args: readonly string[]): string | undefined {
  const options = args.findIndex((word) => !/^-[neE]+$/.test(word));
  const rest = options < 0 ? [] : args.slice(options);
  const given = args.slice(0, args.length - rest.length).join("");
  const line = rest.join(" ");
  if (given.includes("e") && line.includes("\\")) return undefined;
  return given.includes("n") ? line : `${line}\n`;
}

/** printf with text, %s and line ends in its format; others are not worked out. */
function printf(args: readonly string[]): string | undefined {
  const [format = "", ...values] = args;
  const plain = format.replaceAll("\\n", "\n").replaceAll("\\t", "\t").replaceAll("%%", "\0");
  if (/\\|%[^s]/.test(plain)) return undefined;
  const slots = plain.split("%s").length - 1;
  if (slots === 0) return plain.replaceAll("\0", "%");
  let output = "";
  for (let index = 0; index < Math.max(values.length, 1); index += slots) {
    let next = index;
    output += plain.replaceAll("%s", () => values[next++] ?? "");
  }
  return output.replaceAll("\0", "%");
}
