import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const file = join(__dirname, "RESULTS.md");

/** Puts a section of its own, or the page's beginning when it has no title, in the place of the former one. */
export function record(title: string | undefined, text: string): void {
  writeFileSync(file, replaced(existsSync(file) ? readFileSync(file, "utf8") : "", title, text));
}

/** Pure form of {@link record}. */
export function replaced(page: string, title: string | undefined, text: string): string {
  const [beginning = "", ...sections] = page.split(/^(?=## )/m);
  const heading = title === undefined ? "" : `## ${title}\n`;
  const parts =
    title === undefined
      ? [text, ...sections]
      : [beginning, ...sections.filter((each) => !each.startsWith(heading)), `${heading}\n${text}`];
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => `${part}\n`)
    .join("\n");
}
