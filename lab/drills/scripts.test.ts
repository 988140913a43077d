import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

/** Drills that are scripts and ask their own functions for answers. */
const asking = readdirSync(__dirname, { recursive: true, encoding: "utf8" })
  .filter((file) => /(^|\/)run$/.test(file))
  .map((file) => ({ file, text: readFileSync(join(__dirname, file), "utf8") }))
  .filter(({ text }) =>
    [...text.matchAll(/^(\w+)\(\)/gm)].some(([, name = ""]) => text.includes(`$(${name}`)),
  );

it.each(asking)(
  "the drill $file ends when an answer fails: it never compares nothing with nothing",
  ({ text }) => {
    // Without it a function inside $(…) goes on after a failure. lib.sh sources lab/lib/env.sh, which sets it.
    expect(text).toMatch(/^shopt -s inherit_errexit|^\. .*\/lib\.sh"$/m);
  },
);
