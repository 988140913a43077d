/**
 * The shell's grammar: a text as a tree of commands.
 *
 * Strict on purpose. What stands on an on-demand node has to be understood wholly, so a text this parser cannot take
 * apart is refused instead of guessed at. The whole of bash (mvdan/sh as WASM) was weighed and left: it answers in
 * promises only and takes a fifth of a second for each text, which every preview would pay.
 */

import { Scanner, text } from "./scanner";
import { Unreadable } from "./tree";
import type { Assignment, Command, Redirect, Word } from "./tree";

const nameChar = /\w/;
const ends = new Set(["then", "elif", "else", "fi", "do", "done", "esac", "}", ";;", ")"]);

/**
 * Takes a text apart.
 *
 * @throws Unreadable where it is not shell, or a part of the shell that is not known here
 */
export function parse(text: string): readonly Command[] {
  return new Parser(text.replaceAll("\r\n", "\n")).whole();
}

class Parser extends Scanner {
  readonly #waiting: {
    readonly end: string;
    readonly plain: boolean;
    readonly tabs: boolean;
    fill: (w: Word) => void;
  }[] = [];

  override whole(): readonly Command[] {
    const body = this.list();
    this.expectEnd();
    return body;
  }

  protected override of(text: string): Parser {
    return new Parser(text);
  }

  expectEnd(): void {
    if (this.at < this.text.length) throw new Unreadable(`"${this.rest(12)}" is not expected there`);
  }

  /** Commands until a word that ends them, which is left. */
  list(): readonly Command[] {
    const found: Command[] = [];
    for (;;) {
      this.#skipLines();
      if (this.at >= this.text.length || this.#atEnd()) return found;
      found.push(this.#andOr());
      this.#blanks();
      if (this.#peek(";;")) return found;
      if (this.text[this.at] === ";" || this.text[this.at] === "&") this.at += 1;
    }
  }

  #andOr(): Command {
    let left = this.#pipeline();
    for (;;) {
      this.#blanks();
      const isAnd = this.#peek("&&");
      if (!isAnd && !this.#peek("||")) return left;
      this.at += 2;
      this.#skipLines();
      const right = this.#pipeline();
      const second: Command = isAnd ? right : { kind: "maybe", body: [right], redirects: [] };
      left = { kind: "group", body: [left, second], redirects: [] };
    }
  }

  #pipeline(): Command {
    this.#blanks();
    while (this.#word("!") || this.#word("time")) this.#blanks();
    const parts = [this.#command()];
    for (;;) {
      this.#blanks();
      if (this.text[this.at] !== "|" || this.#peek("||")) break;
      this.at += this.#peek("|&") ? 2 : 1;
      this.#skipLines();
      parts.push(this.#command());
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: "pipe", parts };
  }

  #command(): Command {
    this.#blanks();
    if (this.#peek("((")) return this.#arithmetic();
    if (this.text[this.at] === "(") {
      this.at += 1;
      const body = this.until(")");
      return { kind: "maybe", body, redirects: this.#redirects() };
    }
    if (this.#word("{")) {
      const body = this.until("}");
      return { kind: "group", body, redirects: this.#redirects() };
    }
    if (this.#word("if")) return this.#if();
    if (this.#word("while") || this.#word("until")) return this.#loop();
    if (this.#word("for") || this.#word("select")) return this.#for();
    if (this.#word("case")) return this.#case();
    if (this.#word("function")) {
      this.#blanks();
      return this.#function(this.#bare());
    }
    const defined = /^([\w.:-]+)[ \t]*\([ \t]*\)/.exec(this.text.slice(this.at, this.at + 200));
    if (defined !== null) {
      this.at += defined[0].length;
      return this.#function(defined[1] ?? "");
    }
    return this.#simple();
  }

  #function(name: string): Command {
    this.#blanks();
    if (this.#peek("()")) this.at += 2;
    this.#skipLines();
    return { kind: "function", name, body: this.#command() };
  }

  #if(): Command {
    const condition = this.until("then");
    const branches: Command[] = [{ kind: "maybe", body: this.list(), redirects: [] }];
    for (;;) {
      if (this.#word("elif")) {
        branches.push({ kind: "maybe", body: this.until("then"), redirects: [] });
        branches.push({ kind: "maybe", body: this.list(), redirects: [] });
      } else if (this.#word("else")) branches.push({ kind: "maybe", body: this.list(), redirects: [] });
      else break;
    }
    this.#expect("fi");
    return { kind: "group", body: [...condition, ...branches], redirects: this.#redirects() };
  }

  #loop(): Command {
    const condition = this.until("do");
    const body = this.until("done");
    return { kind: "maybe", body: [...condition, ...body], redirects: this.#redirects() };
  }

  #for(): Command {
    this.#blanks();
    if (this.#peek("((")) {
      const head = this.#arithmetic();
      this.#blanks();
      if (this.text[this.at] === ";") this.at += 1;
      this.#skipLines();
      this.#expect("do");
      const body = this.until("done");
      return { kind: "maybe", body: [head, ...body], redirects: this.#redirects() };
    }
    const name = this.#bare();
    this.#skipLines();
    let words: Word[] | undefined;
    if (this.#word("in")) {
      words = [];
      for (;;) {
        this.#blanks();
        const next = this.text[this.at];
        if (next === undefined || next === ";" || next === "\n") break;
        words.push(this.readWord());
      }
    }
    this.#blanks();
    if (this.text[this.at] === ";") this.at += 1;
    this.#skipLines();
    this.#expect("do");
    const body = this.until("done");
    return { kind: "for", name, words, body, redirects: this.#redirects() };
  }

  #case(): Command {
    this.#blanks();
    const subject = this.readWord();
    this.#skipLines();
    this.#expect("in");
    const body: Command[] = [
      { kind: "simple", assignments: [], words: [[text(":")], subject], redirects: [] },
    ];
    for (;;) {
      this.#skipLines();
      if (this.#word("esac")) break;
      if (this.at >= this.text.length) throw new Unreadable("a case is not closed");
      if (this.text[this.at] === "(") this.at += 1;
      for (;;) {
        this.#blanks();
        this.readWord();
        this.#blanks();
        if (this.text[this.at] !== "|") break;
        this.at += 1;
      }
      this.#expect(")");
      body.push({ kind: "maybe", body: this.list(), redirects: [] });
      this.#blanks();
      const end = /^;;?&?/.exec(this.text.slice(this.at, this.at + 3));
      if (end !== null) this.at += end[0].length;
    }
    return { kind: "group", body, redirects: this.#redirects() };
  }

  #arithmetic(): Command {
    this.at += 2;
    const close = this.text.indexOf("))", this.at);
    if (close < 0) throw new Unreadable("(( is not closed");
    const inner = new Parser(this.text.slice(this.at, close)).quotedText("");
    this.at = close + 2;
    return { kind: "simple", assignments: [], words: [[text(":")], inner], redirects: this.#redirects() };
  }

  #simple(): Command {
    const assignments: Assignment[] = [];
    const words: Word[] = [];
    const redirects: Redirect[] = [];
    let isTest = false;
    for (;;) {
      this.#blanks();
      const char = this.text[this.at];
      if (char === undefined || char === "\n") {
        if (isTest && char === "\n") {
          this.at += 1;
          continue;
        }
        break;
      }
      if (isTest) {
        if (this.#word("]]")) {
          words.push([text("]]")]);
          isTest = false;
        } else words.push(this.readWord(true));
        continue;
      }
      const redirect = this.#redirect();
      if (redirect !== undefined) {
        redirects.push(redirect);
        continue;
      }
      if (/[;&|)]/.test(char)) break;
      if (char === "(") throw new Unreadable(`"${this.rest(12)}" is not expected there`);
      const assigned = words.length === 0 || isDeclaration(words[0]) ? this.#assignment() : undefined;
      if (assigned !== undefined) {
        assignments.push(assigned);
        continue;
      }
      words.push(this.readWord());
      isTest = words.length === 1 && plainText(words[0]) === "[[";
    }
    if (isTest) throw new Unreadable("[[ is not closed");
    if (assignments.length + words.length + redirects.length === 0) {
      throw new Unreadable(`"${this.rest(12)}" is not expected there`);
    }
    return { kind: "simple", assignments, words, redirects };
  }

  #assignment(): Assignment | undefined {
    const found = /^([A-Za-z_]\w*)(\[[^\]\s]*\])?(\+?)=/.exec(this.text.slice(this.at, this.at + 200));
    if (found === null) return undefined;
    this.at += found[0].length;
    const name = found[1] ?? "";
    const append = found[3] === "+" || found[2] !== undefined;
    if (this.text[this.at] !== "(") {
      const next = this.text[this.at];
      const isEmpty = next === undefined || /[\s;&|)]/.test(next);
      return { name, append, value: isEmpty ? [] : this.readWord() };
    }
    this.at += 1;
    const values: Word[] = [];
    for (;;) {
      this.#skipLines();
      if (this.text[this.at] === ")") break;
      if (this.at >= this.text.length) throw new Unreadable("a list of values is not closed");
      values.push(this.readWord());
    }
    this.at += 1;
    return { name, append, value: values };
  }

  #redirects(): readonly Redirect[] {
    const found: Redirect[] = [];
    for (;;) {
      this.#blanks();
      const one = this.#redirect();
      if (one === undefined) return found;
      found.push(one);
    }
  }

  #redirect(): Redirect | undefined {
    const found = /^(\d*|\{\w+\})(<<<|<<-?|<>|<&|>&|>>|>\||<|>|&>>|&>)/.exec(
      this.text.slice(this.at, this.at + 40),
    );
    if (found === null) return undefined;
    const operator = found[2] ?? "";
    if (/^[<>]$/.test(operator) && this.text[this.at + found[0].length] === "(") return undefined;
    this.at += found[0].length;
    this.#blanks();
    const target = this.readWord();
    if (!operator.startsWith("<<") || operator === "<<<") return { operator, from: found[1] ?? "", target };
    const redirect: { -readonly [K in keyof Redirect]: Redirect[K] } = {
      operator: "<<",
      from: found[1] ?? "",
      target,
    };
    this.#waiting.push({
      end: target.map((part) => (part.kind === "text" ? part.text : part.written)).join(""),
      plain: target.some((part) => part.quoted),
      tabs: operator === "<<-",
      fill: (word) => {
        redirect.document = word;
      },
    });
    return redirect;
  }

  /** Here-documents that begin at this line. */
  #documents(): void {
    for (const { end, plain, tabs, fill } of this.#waiting.splice(0)) {
      const lines: string[] = [];
      for (;;) {
        if (this.at >= this.text.length) break;
        const stop = this.text.indexOf("\n", this.at);
        const line = this.text.slice(this.at, stop < 0 ? undefined : stop);
        this.at = stop < 0 ? this.text.length : stop + 1;
        const own = tabs ? line.replace(/^\t+/, "") : line;
        if (own.trimEnd() === end) break;
        lines.push(own);
      }
      const document = lines.length === 0 ? "" : `${lines.join("\n")}\n`;
      fill(plain ? [text(document, true)] : new Parser(document).quotedText(""));
    }
  }

  protected override until(end: string): readonly Command[] {
    const body = this.list();
    this.#expect(end);
    return body;
  }

  #expect(end: string): void {
    this.#skipLines();
    if (end === ")" ? this.text[this.at] === ")" : this.#word(end)) {
      if (end === ")") this.at += 1;
      return;
    }
    throw new Unreadable(`"${end}" is missing before "${this.rest(12)}"`);
  }

  /** Takes a reserved word, if it stands here as a word of its own. */
  #word(word: string): boolean {
    if (!this.text.startsWith(word, this.at)) return false;
    const next = this.text[this.at + word.length];
    if (next !== undefined && !/[\s;&|()<>]/.test(next)) return false;
    this.at += word.length;
    return true;
  }

  #atEnd(): boolean {
    const char = this.text[this.at];
    if (char === ")" || this.#peek(";;")) return true;
    const before = this.at;
    for (const end of ends) {
      if (/^[a-z}]/.test(end) && this.#word(end)) {
        this.at = before;
        return true;
      }
    }
    return false;
  }

  #bare(): string {
    let name = "";
    while (nameChar.test(this.text[this.at] ?? "") || /[.:-]/.test(this.text[this.at] ?? "")) {
      name += this.text[this.at] ?? "";
      this.at += 1;
    }
    if (name === "") throw new Unreadable(`a name is missing before "${this.rest(12)}"`);
    return name;
  }

  #peek(text: string): boolean {
    return this.text.startsWith(text, this.at);
  }

  /** Blanks, continued lines and a comment; not the end of the line. */
  #blanks(): void {
    for (;;) {
      const char = this.text[this.at];
      if (char === " " || char === "\t") this.at += 1;
      else if (char === "\\" && this.text[this.at + 1] === "\n") this.at += 2;
      else if (char === "#" && (this.at === 0 || /[\s;&|(]/.test(this.text[this.at - 1] ?? ""))) {
        const stop = this.text.indexOf("\n", this.at);
        this.at = stop < 0 ? this.text.length : stop;
      } else return;
    }
  }

  /** Blanks, line ends and here-documents. */
  #skipLines(): void {
    for (;;) {
      this.#blanks();
      const char = this.text[this.at];
      if (char === "\n") {
        this.at += 1;
        this.#documents();
      } else if (char === ";" && !this.#peek(";;")) this.at += 1;
      else return;
    }
  }
}

const declarations = /^(export|declare|local|readonly|typeset|alias)$/;

function isDeclaration(word: Word | undefined): boolean {
  return declarations.test(plainText(word) ?? "");
}

/** The text of a word in which nothing has to be worked out. */
function plainText(word: Word | undefined): string | undefined {
  if (word === undefined || word.some((part) => part.kind !== "text")) return undefined;
  return word.map((part) => (part.kind === "text" ? part.text : "")).join("");
}
