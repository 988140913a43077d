import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { blocks, read, root } from "./markdown";

const all = blocks(read("README.md"));

/** Blocks marked `<!-- run: lab -->`, each with the text block that tells what it prints, where there is one. */
const tour = all.flatMap((block, index) => {
  if (!block.marks.includes("run: lab")) return [];
  const next = all[index + 1];
  return [{ ...block, prints: next?.language === "text" ? next.text.trim().split("\n") : [] }];
});

/** A line as the README tells it: `…` stands for anything. */
function pattern(line: string): RegExp {
  const parts = line.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}

describe("README.md, around the lab", () => {
  it("has blocks to run", () => {
    expect(tour.length).toBeGreaterThanOrEqual(4);
  });

  it.each(tour)("line $line: what it says to type works, word for word", ({ text, prints }) => {
    const { status, stdout, stderr } = spawnSync("bash", ["-euo", "pipefail", "-c", text], {
      cwd: root,
      encoding: "utf8",
      timeout: 200_000,
    });
    expect({ status, stderr: status === 0 ? "" : `${stdout}\n${stderr}` }).toEqual({ status: 0, stderr: "" });
    const lines = stdout.trim().split("\n");
    let at = 0;
    for (const wanted of prints) {
      const found = lines.findIndex((line, index) => index >= at && pattern(wanted).test(line.trim()));
      expect(found, `${JSON.stringify(wanted)} in ${JSON.stringify(lines.slice(at))}`).toBeGreaterThanOrEqual(
        at,
      );
      at = found + 1;
    }
  });
});
