/** Brace expansion: `{apt-get,install,-y}` is three words. */
import type { Part, Word } from "./tree";

type Item = { readonly char: string } | { readonly part: Part };

/** The words that a word with braces stands for; the word itself where it has none. */
export function bracesOf(word: Word): readonly Word[] {
  if (!word.some((part) => part.kind === "text" && !part.quoted && part.text.includes("{"))) return [word];
  const items = word.flatMap((part): Item[] =>
    part.kind === "text" && !part.quoted ? Array.from(part.text).map((char) => ({ char })) : [{ part }],
  );
  return expanded(items).map(joined);
}

function expanded(items: readonly Item[]): readonly (readonly Item[])[] {
  for (let open = 0; open < items.length; open += 1) {
    if (charAt(items, open) !== "{") continue;
    let depth = 0;
    const commas: number[] = [];
    for (let at = open; at < items.length; at += 1) {
      const char = charAt(items, at);
      if (char === "{") depth += 1;
      if (char === "," && depth === 1) commas.push(at);
      if (char !== "}") continue;
      depth -= 1;
      if (depth > 0) continue;
      const choices = choicesOf(
        items.slice(open + 1, at),
        commas.map((comma) => comma - open - 1),
      );
      if (choices === undefined) break;
      const before = items.slice(0, open);
      const after = expanded(items.slice(at + 1));
      return choices.flatMap((choice) =>
        expanded(choice).flatMap((own) => after.map((end) => [...before, ...own, ...end])),
      );
    }
  }
  return [items];
}

function choicesOf(
  inner: readonly Item[],
  commas: readonly number[],
): readonly (readonly Item[])[] | undefined {
  if (commas.length > 0)
    return [...commas, inner.length].map((end, index) =>
      inner.slice(index === 0 ? 0 : (commas[index - 1] ?? 0) + 1, end),
    );
  const range = /^(\d{1,4})\.\.(\d{1,4})$/.exec(
    inner.map((item) => ("char" in item ? item.char : "\0")).join(""),
  );
  const [from, to] = [Number(range?.[1]), Number(range?.[2])];
  if (range === null || to < from || to - from > 100) return undefined;
  return Array.from({ length: to - from + 1 }, (_, index) =>
    Array.from(String(from + index)).map((char) => ({ char })),
  );
}

function charAt(items: readonly Item[], at: number): string | undefined {
  const item = items[at];
  return item !== undefined && "char" in item ? item.char : undefined;
}

function joined(items: readonly Item[]): Word {
  const parts: Part[] = [];
  for (const item of items) {
    if ("part" in item) {
      parts.push(item.part);
      continue;
    }
    const last = parts.at(-1);
    if (last?.kind === "text" && !last.quoted)
      parts[parts.length - 1] = { ...last, text: last.text + item.char };
    else parts.push({ kind: "text", text: item.char, quoted: false });
  }
  return parts;
}
