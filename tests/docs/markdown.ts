import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

/** The documentation as tests read it. */

export const root = join(__dirname, "../..");

/** Pages that people write, by their path from the project's folder. */
export function pages(): string[] {
  const walk = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return walk(path);
      return entry.name.endsWith(".md") ? [relative(root, path)] : [];
    });
  return ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...walk(join(root, "docs"))];
}

export const read = (page: string): string => readFileSync(join(root, page), "utf8");

/** A fenced block, what kind it says it is, and the marks in comments right before it. */
export interface Block {
  readonly language: string;
  readonly text: string;
  readonly marks: readonly string[];
  readonly line: number;
}

/** The fenced blocks of a page, in order. */
export function blocks(markdown: string): Block[] {
  const found: Block[] = [];
  let marks: string[] = [];
  let open: { language: string; indent: number; lines: string[]; line: number } | undefined;
  markdown.split("\n").forEach((line, index) => {
    const fence = /^( *)```(\w*)$/.exec(line);
    if (open !== undefined) {
      if (fence?.[2] === "") {
        found.push({ language: open.language, text: `${open.lines.join("\n")}\n`, marks, line: open.line });
        open = undefined;
        marks = [];
      } else open.lines.push(line.slice(open.indent));
      return;
    }
    if (fence) {
      open = { language: fence[2] ?? "", indent: fence[1]?.length ?? 0, lines: [], line: index + 2 };
      return;
    }
    const mark = /^<!-- (.+) -->$/.exec(line.trim());
    if (mark?.[1] !== undefined) marks.push(mark[1]);
    else if (line.trim() !== "") marks = [];
  });
  return found;
}

/** The page without its fenced blocks. */
export function prose(markdown: string): string {
  return markdown.replace(/^ *```[\s\S]*?^ *```$/gm, "");
}

/** The id that a heading gets on GitHub. */
export function anchor(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}

/** Rows of all tables of a page: the cells' text. */
export function rows(markdown: string): string[][] {
  return prose(markdown)
    .split("\n")
    .filter((line) => /^\|.*\|$/.test(line) && !/^[|\s:-]+$/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim()),
    );
}
