/**
 * A shell text as the simple commands that it runs, each with what it is fed and where its output goes. Variables,
 * functions and loops are followed as far as the text tells what they are; what it does not tell stays as written.
 */
import { unknown } from "../../../engine/facts";
import type { Told } from "../../../engine/facts";
import type { Statement } from "./statement";
import { bracesOf } from "./braces";
import { parse } from "./grammar";
import { Unreadable } from "./tree";
import type { Command, Redirect, Word } from "./tree";
import { isTold, outputOf } from "./output";

export { Unreadable };

/**
 * Takes a text apart. Substitutions are statements of their own, before the one they are in.
 *
 * @throws Unreadable where the text cannot be taken apart
 */
export function statementsOf(text: string): readonly Statement[] {
  const shell = new Shell();
  shell.run(parse(text));
  return shell.found;
}

interface Field {
  readonly text: string;
  readonly isOpen: boolean;
}

/** What statements of a group or function share. */
interface Streams {
  readonly fed?: Told<string>;
  readonly reads?: string;
  readonly into?: string;
  readonly appends?: boolean;
  readonly from?: Statement;
}

const mostStatements = 20_000;
const deepest = 40;
const mostRounds = 50;

class Shell {
  readonly found: Statement[] = [];
  #variables = new Map<string, readonly string[] | undefined>([["IFS", [" \t\n"]]]);
  #exported = new Set<string>();
  #positional: readonly Field[] | undefined;
  readonly #functions = new Map<string, Command | string>();
  #depth = 0;

  run(commands: readonly Command[], streams: Streams = {}): void {
    for (const [index, one] of commands.entries()) {
      // Several commands of a group write one after the other.
      this.#command(one, index === 0 || streams.into === undefined ? streams : { ...streams, appends: true });
    }
  }

  #command(command: Command, streams: Streams): void {
    if (this.#depth > deepest || this.found.length > mostStatements) {
      throw new Unreadable("it is too long or nested too deep to be looked at");
    }
    this.#depth += 1;
    switch (command.kind) {
      case "simple":
        this.#simple(command, streams);
        break;
      case "pipe":
        this.#pipe(command.parts, streams);
        break;
      case "group":
        this.run(command.body, this.#streams(command.redirects, streams));
        break;
      case "maybe":
        this.#perhaps(() => {
          this.run(command.body, this.#streams(command.redirects, streams));
        });
        break;
      case "for":
        this.#for(command, this.#streams(command.redirects, streams));
        break;
      case "function":
        this.#functions.set(command.name, command.body);
        break;
    }
    this.#depth -= 1;
  }

  /** Runs what may not be run: variables that it changes are not known afterwards. */
  #perhaps(run: () => void): void {
    const before = new Map(this.#variables);
    run();
    for (const [name, value] of this.#variables) {
      const old = before.get(name);
      const same = value !== undefined && old?.join("\0") === value.join("\0");
      if (!same) this.#variables.set(name, undefined);
    }
  }

  #pipe(parts: readonly Command[], streams: Streams): void {
    let from: Statement | undefined;
    for (const [index, part] of parts.entries()) {
      const start = this.found.length;
      const input: Streams =
        index === 0
          ? {
              ...(streams.fed === undefined ? {} : { fed: streams.fed }),
              ...(streams.from ? { from: streams.from } : {}),
            }
          : from === undefined
            ? { fed: unknown("it is made by several commands, so it cannot be seen") }
            : { from };
      const output: Streams =
        index === parts.length - 1 && streams.into !== undefined
          ? { into: streams.into, appends: streams.appends === true }
          : {};
      this.#perhaps(() => {
        this.#command(part, { ...input, ...output });
      });
      const made = this.found.slice(start);
      from = part.kind === "simple" && made.length > 0 ? made.at(-1) : undefined;
    }
  }

  #for({ name, words, body }: Command & { kind: "for" }, streams: Streams): void {
    const values = words?.flatMap((word) => this.#fields(word));
    const told = values?.every(({ isOpen }) => !isOpen) === true && values.length <= mostRounds;
    this.#perhaps(() => {
      for (const value of told ? values : [undefined]) {
        this.#variables.set(name, value === undefined ? undefined : [value.text]);
        this.run(body, streams);
      }
    });
  }

  #simple(command: Command & { kind: "simple" }, around: Streams): void {
    const fields = [...command.words.flatMap((word) => this.#fields(word))];
    const env: Record<string, string> = {};
    const isPrefix =
      fields.length > 0 && !/^(export|declare|local|readonly|typeset|alias)$/.test(fields[0]?.text ?? "");
    for (const name of this.#exported) {
      const value = this.#variables.get(name);
      if (value !== undefined) env[name] = value.join(" ");
    }
    for (const { name, append, value } of command.assignments) {
      const words = isWords(value) ? value.flatMap((one) => this.#fields(one)) : [this.#joined(value)];
      const texts = words.map((one) => one.text);
      if (isPrefix) {
        env[name] = texts.join(" ");
        continue;
      }
      const told = words.every((one) => !one.isOpen);
      const old = append ? (this.#variables.get(name) ?? (this.#variables.has(name) ? undefined : [])) : [];
      const whole = isWords(value)
        ? [...(old ?? []), ...texts]
        : [`${(old ?? []).join(" ")}${texts.join("")}`];
      this.#variables.set(name, told && old !== undefined ? whole : undefined);
      if (fields[0]?.text === "alias" && told) this.#functions.set(name, texts.join(" "));
      if (fields[0]?.text === "export") this.#exported.add(name);
    }
    const streams = this.#streams(command.redirects, around);
    if (fields.length === 0) {
      // A redirection alone makes an empty file.
      if (streams.into !== undefined && command.redirects.length > 0)
        this.#add([{ text: ":", isOpen: false }], env, streams);
      return;
    }
    while (
      /^(builtin|command)$/.test(fields[0]?.text ?? "") &&
      fields.length > 1 &&
      fields[1]?.text.startsWith("-") !== true
    ) {
      fields.shift();
    }
    const [first] = fields;
    const known = first?.isOpen === false ? this.#functions.get(first.text) : undefined;
    if (known !== undefined) this.#call(known, fields.slice(1), streams);
    else if (!this.#builtin(fields, streams)) this.#add(fields, env, streams);
  }

  #call(known: Command | string, args: readonly Field[], streams: Streams): void {
    if (typeof known === "string") {
      const line = [known, ...args.map(({ text }) => quotedWord(text))].join(" ");
      const name = known.split(/\s/)[0] ?? "";
      const own = this.#functions.get(name);
      // An alias may name the command that it stands for.
      this.#functions.delete(name);
      this.run(parse(line), streams);
      if (own !== undefined) this.#functions.set(name, own);
      return;
    }
    const before = this.#positional;
    this.#positional = args;
    this.#command(known, streams);
    this.#positional = before;
  }

  /** What changes the shell itself; false where the command is none of it. */
  #builtin(fields: readonly Field[], streams: Streams): boolean {
    const [first, ...args] = fields;
    const name = first?.text ?? "";
    const told = args.every(({ isOpen }) => !isOpen);
    switch (name) {
      case "eval":
        if (!told) return false;
        this.run(parse(args.map(({ text }) => text).join(" ")), streams);
        return true;
      case "trap":
        if (args[0]?.isOpen === true) return false;
        this.#perhaps(() => {
          if (args.length > 1 && args[0]?.text !== "-") this.run(parse(args[0]?.text ?? ""), {});
        });
        return true;
      case "set":
        if (args[0]?.text === "--") this.#positional = args.slice(1);
        return true;
      case "shift":
        this.#positional = this.#positional?.slice(Number(args[0]?.text ?? 1) || 1);
        return true;
      case "read":
      case "mapfile":
      case "readarray":
      case "getopts":
      case "unset":
        for (const { text } of args) this.#variables.set(text.replace(/\[.*$/, ""), undefined);
        return true;
      case "export":
        for (const { text } of args) this.#exported.add(text);
        return true;
      case "alias":
        for (const { text, isOpen } of args) {
          const cut = text.indexOf("=");
          if (cut > 0 && !isOpen) this.#functions.set(text.slice(0, cut), text.slice(cut + 1));
        }
        return told;
      case "declare":
      case "local":
      case "readonly":
      case "typeset":
        for (const { text } of args)
          if (!text.startsWith("-")) this.#variables.set(text, this.#variables.get(text));
        return true;
      case "printf":
        if (args[0]?.text === "-v") this.#variables.set(args[1]?.text ?? "", undefined);
        return false;
      default:
        return false;
    }
  }

  #add(fields: readonly Field[], env: Readonly<Record<string, string>>, streams: Streams): void {
    const words = fields.map(({ text }) => text);
    this.found.push({
      text: words.map(quotedWord).join(" "),
      words,
      open: new Set(fields.flatMap(({ isOpen }, index) => (isOpen ? [index] : []))),
      env,
      ...streams,
    });
  }

  #streams(redirects: readonly Redirect[], around: Streams): Streams {
    let streams = around;
    for (const { operator, from, target, document } of redirects) {
      const { text } = this.#joined(target);
      if (operator === "<<") streams = { ...streams, fed: this.#joined(document ?? []).text };
      else if (operator === "<<<") streams = { ...streams, fed: `${text}\n` };
      else if (operator === "<") streams = { ...streams, reads: text };
      else if (/^(>|>>|>\||&>|&>>|<>)$/.test(operator) || (operator === ">&" && !/^(\d+-?|-)$/.test(text))) {
        // Errors are kept by nobody.
        if (from === "2" || /^\/dev\/(null|stdout|stderr|tty|fd\/.*)$/.test(text)) continue;
        streams = { ...streams, into: text, appends: operator.endsWith(">>") };
      }
    }
    return streams;
  }

  /** A word as one text: what an assignment or a redirection makes of it. */
  #joined(word: Word): Field {
    const fields = this.#expanded(word, false);
    return { text: fields.map(({ text }) => text).join(" "), isOpen: fields.some(({ isOpen }) => isOpen) };
  }

  #fields(word: Word): readonly Field[] {
    return bracesOf(word).flatMap((one) => this.#expanded(one, true));
  }

  #expanded(word: Word, splits: boolean): readonly Field[] {
    const fields: Field[] = [];
    let text = "";
    let isOpen = false;
    let any = false;
    const push = (): void => {
      if (any || text !== "") fields.push({ text, isOpen });
      text = "";
      isOpen = false;
      any = false;
    };
    for (const part of word) {
      if (part.kind === "text") {
        text += part.text;
        any ||= part.quoted;
        continue;
      }
      const values = part.kind === "command" ? this.#output(part.body) : this.#value(part);
      any ||= part.quoted;
      if (values === undefined) {
        text += part.written;
        isOpen = true;
      } else if (part.quoted || !splits) {
        for (const [index, one] of values.entries()) {
          if (index > 0 && splits) push();
          else if (index > 0) text += " ";
          text += one.text;
          isOpen ||= one.isOpen;
          any = true;
        }
      } else {
        const whole = values.map((one) => one.text).join(" ");
        const pieces = whole.split(/\s+/);
        for (const [index, piece] of pieces.entries()) {
          if (index > 0) push();
          text += piece;
          isOpen ||= values.some((one) => one.isOpen);
        }
      }
    }
    push();
    return fields;
  }

  /** The values of a variable; undefined where the text does not tell them. */
  #value(part: Word[number] & { kind: "variable" }): readonly Field[] | undefined {
    for (const inner of part.rest) if (inner.kind === "command") this.#output(inner.body);
    if (!part.plain) return undefined;
    if (part.name === "@" || part.name === "*") return this.#positional;
    if (/^[1-9]$/.test(part.name)) {
      const own = this.#positional?.[Number(part.name) - 1];
      return this.#positional === undefined ? undefined : [own ?? { text: "", isOpen: false }];
    }
    return this.#variables.get(part.name)?.map((text) => ({ text, isOpen: false }));
  }

  /** Runs a substitution; what comes out of it, where the text tells. */
  #output(body: readonly Command[]): readonly Field[] | undefined {
    const start = this.found.length;
    this.#perhaps(() => {
      this.run(body);
    });
    const [only] = body;
    const last = this.found.at(-1);
    if (body.length !== 1 || (only?.kind !== "simple" && only?.kind !== "pipe")) return undefined;
    if (last === undefined || this.found.length === start || !isTold(last)) return undefined;
    const output = outputOf(last);
    return typeof output === "string" ? [{ text: output.replace(/\n+$/, ""), isOpen: false }] : undefined;
  }
}

function isWords(value: Word | readonly Word[]): value is readonly Word[] {
  return value.length > 0 && Array.isArray(value[0]);
}

/** A word as a shell would have to be told it. */
export function quotedWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (!word.includes("'")) return `'${word}'`;
  return `"${word.replace(/[\\"]/g, "\\$&")}"`;
}
