/** The words of a shell text: quotes, variables, substitutions. */
import { Unreadable } from "./tree";
import type { Command, Part, Word } from "./tree";

const nameStart = /[A-Za-z_]/;

export abstract class Scanner {
  protected at = 0;

  constructor(protected readonly text: string) {}

  /** Commands until a word or sign that closes them, which is taken too. */
  protected abstract until(end: string): readonly Command[];

  /** A parser of another text. */
  protected abstract of(text: string): Scanner;

  /** All of the text as commands. */
  abstract whole(): readonly Command[];

  /** One word. In a test `[[ … ]]` only blanks end it. */
  protected readWord(inTest = false): Word {
    const parts: Part[] = [];
    let plain = "";
    const flush = (): void => {
      if (plain !== "") parts.push(text(plain));
      plain = "";
    };
    const start = this.at;
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined || /[ \t\n]/.test(char)) break;
      if (/[<>]/.test(char) && this.text[this.at + 1] === "(") {
        flush();
        this.at += 2;
        const from = this.at;
        const body = this.until(")");
        parts.push({
          kind: "command",
          body,
          written: `${char}(${this.text.slice(from, this.at)}`,
          quoted: true,
        });
        continue;
      }
      if (!inTest && /[;&|<>()]/.test(char)) break;
      if (char === "\\") {
        const next = this.text[this.at + 1];
        if (next !== "\n" && next !== undefined) {
          flush();
          parts.push(text(next, true));
        }
        this.at += 2;
        continue;
      }
      if (char === "'" || (char === "$" && this.text[this.at + 1] === "'")) {
        flush();
        parts.push(this.#single());
        continue;
      }
      if (char === '"' || (char === "$" && this.text[this.at + 1] === '"')) {
        flush();
        this.at += char === '"' ? 1 : 2;
        const inner = this.quotedText('"');
        if (this.text[this.at] !== '"') throw new Unreadable("a quotation is not closed");
        this.at += 1;
        parts.push(...(inner.length === 0 ? [text("", true)] : inner));
        continue;
      }
      const expansion = this.#expansion(false);
      if (expansion !== undefined) {
        flush();
        parts.push(expansion);
        continue;
      }
      plain += char;
      this.at += 1;
    }
    flush();
    if (this.at === start) throw new Unreadable(`"${this.rest(12)}" is not expected there`);
    return parts;
  }

  #single(): Part {
    const isAnsi = this.text[this.at] === "$";
    this.at += isAnsi ? 2 : 1;
    let content = "";
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined) throw new Unreadable("a quotation is not closed");
      this.at += 1;
      if (char === "'") break;
      if (isAnsi && char === "\\") {
        const escape = /^(x[\da-fA-F]{1,2}|u[\da-fA-F]{1,4}|[0-7]{1,3}|[^])/.exec(
          this.text.slice(this.at, this.at + 6),
        );
        content += unescaped(escape?.[0] ?? "");
        this.at += escape?.[0].length ?? 0;
      } else content += char;
    }
    return text(content, true);
  }

  /** Text as within double quotes, until `end` or the end of the text. */
  quotedText(end: string): Word {
    const parts: Part[] = [];
    let plain = "";
    const flush = (): void => {
      if (plain !== "") parts.push(text(plain, true));
      plain = "";
    };
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined || (char === end && end !== "")) break;
      if (char === "\\") {
        const next = this.text[this.at + 1] ?? "";
        if (next !== "\n")
          plain += /[$`"\\]/.test(next) && (next !== '"' || end === '"') ? next : `\\${next}`;
        this.at += 2;
        continue;
      }
      const expansion = this.#expansion(true);
      if (expansion !== undefined) {
        flush();
        parts.push(expansion);
        continue;
      }
      plain += char;
      this.at += 1;
    }
    flush();
    return parts;
  }

  #expansion(quoted: boolean): Part | undefined {
    const start = this.at;
    const char = this.text[start];
    if (char === "`") return this.#backticks(quoted);
    if (char !== "$") return undefined;
    const next = this.text[start + 1] ?? "";
    if (this.text.startsWith("$((", start)) {
      const close = this.text.indexOf("))", start);
      if (close < 0) throw new Unreadable("$(( is not closed");
      const inner = this.text.slice(start + 3, close);
      this.at = close + 2;
      const rest = this.of(inner).quotedText("");
      return { kind: "variable", name: "", written: `$((${inner}))`, plain: false, quoted, rest };
    }
    if (next === "(") {
      this.at += 2;
      const body = this.until(")");
      return { kind: "command", body, written: this.text.slice(start, this.at), quoted };
    }
    if (next === "{") return this.#braced(quoted);
    const name = nameStart.test(next)
      ? (/^\w+/.exec(this.text.slice(start + 1, start + 200))?.[0] ?? "")
      : /[\d@*#?$!-]/.test(next)
        ? next
        : "";
    if (name === "") return undefined;
    this.at = start + 1 + name.length;
    return { kind: "variable", name, written: `$${name}`, plain: true, quoted, rest: [] };
  }

  #braced(quoted: boolean): Part {
    const start = this.at;
    this.at += 2;
    let depth = 1;
    let close = this.at;
    for (; close < this.text.length; close += 1) {
      if (this.text[close] === "\\") close += 1;
      else if (this.text[close] === "{") depth += 1;
      else if (this.text[close] === "}") depth -= 1;
      if (depth === 0) break;
    }
    if (depth > 0) throw new Unreadable("${ is not closed");
    const inner = this.text.slice(this.at, close);
    this.at = close + 1;
    const name = /^(\w+|[@*#?$!-])(\[[@*]\])?$/.exec(inner);
    const written = this.text.slice(start, this.at);
    if (name !== null) {
      return { kind: "variable", name: name[1] ?? "", written, plain: true, quoted, rest: [] };
    }
    const rest = this.of(inner).quotedText("");
    return { kind: "variable", name: /^\w+/.exec(inner)?.[0] ?? "", written, plain: false, quoted, rest };
  }

  #backticks(quoted: boolean): Part {
    const start = this.at;
    let inner = "";
    for (this.at += 1; this.text[this.at] !== "`"; this.at += 1) {
      const char = this.text[this.at];
      if (char === undefined) throw new Unreadable("a backtick is not closed");
      const next = this.text[this.at + 1] ?? "";
      if (char === "\\" && /[`$\\]/.test(next)) {
        inner += next;
        this.at += 1;
      } else inner += char;
    }
    this.at += 1;
    return {
      kind: "command",
      body: this.of(inner).whole(),
      written: this.text.slice(start, this.at),
      quoted,
    };
  }

  protected rest(length: number): string {
    const rest = this.text.slice(this.at, this.at + length).split("\n")[0] ?? "";
    return rest === "" ? "the end" : rest;
  }
}

export function text(content: string, quoted = false): Part {
  return { kind: "text", text: content, quoted };
}

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "",
  b: "",
  e: "\u001b",
  f: "\f",
  v: "\v",
};

function unescaped(escape: string): string {
  if (/^[xu]./.test(escape)) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  if (/^[0-7]/.test(escape)) return String.fromCharCode(Number.parseInt(escape, 8));
  return escapes[escape] ?? escape;
}
