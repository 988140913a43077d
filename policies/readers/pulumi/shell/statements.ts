/** A shell text as the simple commands it is made of, with what each is fed and where its output goes. */
import { splitWords } from "../../shell/words";

export interface Statement {
  /** As written, without the here-document. */
  readonly text: string;
  /** Words without prefixes such as sudo, variables set for it, keywords and redirections. */
  readonly words: readonly string[];
  /** Variables set in front of it. */
  readonly env: Readonly<Record<string, string>>;
  /** Here-document or here-string. */
  readonly fed?: string;
  /** File that its output goes to. */
  readonly into?: string;
  /** The command whose output it reads. */
  readonly from?: Statement;
}

interface Piece {
  text: string;
  piped: boolean;
  fed?: string;
}

/** Takes a text apart. Substitutions `$(…)` and backticks are statements of their own, before the one they are in. */
export function statementsOf(text: string): readonly Statement[] {
  const found: Statement[] = [];
  let before: Statement | undefined;
  for (const piece of piecesOf(text)) {
    for (const inner of substitutions(piece.text)) found.push(...statementsOf(inner));
    const made = statement(piece, piece.piped ? before : undefined);
    before = made;
    if (made.words.length > 0 || Object.keys(made.env).length > 0) found.push(made);
  }
  return found;
}

function substitutions(text: string): string[] {
  return [...text.matchAll(/\$\(([^()]*)\)|`([^`]*)`/g)].map((found) => found[1] ?? found[2] ?? "");
}

/** Splits at ; & | && || and line ends outside of quotes; takes here-documents out. */
function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  const waiting: { piece: Piece; end: string; indented: boolean }[] = [];
  let current: Piece = { text: "", piped: false };
  let quote = "";
  const lines = text.replace(/\\\r?\n/g, " ").split("\n");
  const finish = (piped: boolean): void => {
    pieces.push(current);
    current = { text: "", piped };
  };
  for (let number = 0; number < lines.length; number += 1) {
    const line = lines[number] ?? "";
    for (let index = 0; index < line.length; index += 1) {
      const char = line[index] ?? "";
      if (quote !== "") {
        if (char === quote) quote = "";
        else if (char === "\\" && quote === '"') {
          current.text += char + (line[(index += 1)] ?? "");
          continue;
        }
        current.text += char;
        continue;
      }
      if (char === "\\") {
        current.text += char + (line[(index += 1)] ?? "");
        continue;
      }
      if (char === "#" && (index === 0 || /\s/.test(line[index - 1] ?? ""))) break;
      const here = /^<<(-?)\s*(["']?)([A-Za-z_][\w.-]*)\2/.exec(line.slice(index));
      if (here !== null && line[index + 2] !== "<") {
        waiting.push({ piece: current, end: here[3] ?? "", indented: here[1] === "-" });
        index += here[0].length - 1;
        continue;
      }
      if (char === "'" || char === '"') quote = char;
      const redirects = char === "&" && (/[<>]/.test(line[index - 1] ?? "") || line[index + 1] === ">");
      if (/[;|&]/.test(char) && !redirects) {
        const doubled = line[index + 1] === char;
        finish(char === "|" && !doubled);
        if (doubled) index += 1;
        continue;
      }
      current.text += char;
    }
    if (quote !== "") {
      current.text += "\n";
      continue;
    }
    if (!current.piped || current.text.trim() !== "") finish(false);
    for (const { piece, end, indented } of waiting.splice(0)) {
      const body: string[] = [];
      for (number += 1; number < lines.length; number += 1) {
        const own = indented ? (lines[number] ?? "").replace(/^\t+/, "") : (lines[number] ?? "");
        if (own.trimEnd() === end) break;
        body.push(own);
      }
      piece.fed = `${body.join("\n")}\n`;
    }
  }
  pieces.push(current);
  return pieces;
}

const keywords =
  /^(if|then|else|elif|do|while|until|time|exec|nohup|command|!|\{|\(+|sudo|doas|env|nice|ionice|setsid|chronic)$/;

function statement(piece: Piece, from: Statement | undefined): Statement {
  const env: Record<string, string> = {};
  let words = [...splitWords(piece.text)];
  let into: string | undefined;
  let fed = piece.fed;
  words = words.flatMap((word, index, all) => {
    const previous = all[index - 1] ?? "";
    if (/^(\d?>>?\|?|&>>?)$/.test(previous)) {
      if (!previous.startsWith("2")) into = word;
      return [];
    }
    if (previous === "<<<") {
      fed = word;
      return [];
    }
    if (/^(\d?>>?\|?|&>>?|<<<|\d?<)$/.test(word) || previous === "<") return [];
    const joined = /^(1|&)?>>?([^&>].*)$/.exec(word);
    if (joined !== null) {
      into = joined[2];
      return [];
    }
    return /^(\d?[<>]+&?\d?|\d>.+)$/.test(word) ? [] : [word];
  });
  for (;;) {
    const first = words[0];
    if (first === undefined) break;
    const set = /^([A-Za-z_]\w*)=(.*)$/s.exec(first);
    if (set !== null) env[set[1] ?? ""] = set[2] ?? "";
    else if (first === "export" || first === "local" || keywords.test(first)) {
      const isSudo = /^(sudo|doas)$/.test(first);
      words.shift();
      // sudo's own options; -u and -g take a value.
      while (isSudo && words[0]?.startsWith("-") === true) {
        const option = words.shift() ?? "";
        if (/^-[ugCpD]$/.test(option)) words.shift();
      }
      continue;
    } else if (first === "timeout") {
      words.shift();
      while (words[0]?.startsWith("-") === true) words.splice(0, /^-[ks]$/.test(words[0]) ? 2 : 1);
    } else break;
    words.shift();
  }
  return {
    text: piece.text.trim(),
    words,
    env,
    ...(fed === undefined ? {} : { fed }),
    ...(into === undefined || into.startsWith("/dev/") ? {} : { into }),
    ...(from === undefined ? {} : { from }),
  };
}
