import { hasControl, UnitError } from "./text";

/**
 * Escaping of values, as systemd reads them.
 * @see systemd.syntax(7) "Quoting", systemd.unit(5) "Specifiers", systemd.service(5) "Command lines"
 */

const plain = /^[A-Za-z0-9_@%+=:,./$-]+$/;

/** A literal text for a value that knows specifiers: a percent sign is doubled. */
export function literal(text: string): string {
  if (hasControl(text))
    throw new UnitError(`${JSON.stringify(text)} holds a line break or control character.`);
  return text.replaceAll("%", "%%");
}

/**
 * A literal text for a value that ends in a command line: `%` would be a specifier there and `$` a variable, in
 * quadlets also in keys such as `Environment=` or `Volume=`, because podman's command line is made from them.
 */
export function commandLiteral(text: string): string {
  return literal(text).replaceAll("$", "$$$$");
}

/** Arguments as one line; each comes out exactly as given. */
export function joinWords(words: readonly string[]): string {
  return words.map((word) => quoteWord(commandLiteral(word))).join(" ");
}

/** `KEY=value` for `Environment=` in a plain unit's [Service], where `$` means nothing. */
export function environmentWord(key: string, value: string): string {
  return quoteWord(literal(`${key}=${value}`));
}

function quoteWord(word: string): string {
  // The quadlet generator stops reading at an empty word, so the rest of the line would be lost.
  if (word === "") throw new UnitError("an empty argument cannot be written into a unit.");
  if (plain.test(word)) return word;
  return `"${word.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

const escapes: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  s: " ",
  "\\": "\\",
  '"': '"',
  "'": "'",
};

/**
 * A line as the arguments it stands for: quotes and backslash escapes resolved, `%%` and `$$` undone. Other
 * specifiers and variables stay as they are.
 * @throws UnitError for an open quote or an unknown escape.
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const c = line.charAt(i);
    if (c === "\\") {
      const { text, length } = unescape(line.slice(i + 1));
      word = (word ?? "") + text;
      i += length;
    } else if (quote !== undefined) {
      if (c === quote) quote = undefined;
      else word = (word ?? "") + c;
    } else if (c === '"' || c === "'") {
      quote = c;
      word ??= "";
    } else if (/\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + c;
    }
  }
  if (quote !== undefined) throw new UnitError(`a quote is not closed in ${JSON.stringify(line)}.`);
  if (word !== undefined) words.push(word);
  return words.map((each) => each.replaceAll("%%", "%").replaceAll("$$", "$"));
}

function unescape(rest: string): { text: string; length: number } {
  const known = escapes[rest.charAt(0)];
  if (known !== undefined) return { text: known, length: 1 };
  const code = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/.exec(rest);
  if (code === null) throw new UnitError(`\\${rest.charAt(0)} is no escape.`);
  const [whole, hex, short, long, octal] = code;
  const point = octal === undefined ? parseInt(hex ?? short ?? long ?? "", 16) : parseInt(octal, 8);
  return { text: String.fromCodePoint(point), length: whole.length };
}
