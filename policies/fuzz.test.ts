import { readFileSync } from "node:fs";
import fc from "fast-check";
import { CORE_SCHEMA, loadAll } from "js-yaml";
import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { reportFiles } from "./check/report";
import { judge } from "./engine/judge";
import { fixtures, fixtureTopology } from "./fixtures";
import { readFiles } from "./readers/files/read";

/** Mutants in one run, the same in each, so that a change is what makes it fail; others by FUZZ_SEED, more by FUZZ_RUNS. */
const runs = Number(process.env.FUZZ_RUNS ?? 1000);
const seed = Number(process.env.FUZZ_SEED ?? 1);

const seeds = fixtures().flatMap(({ paths }) =>
  paths.map((path) => ({ path, text: readFileSync(path, "utf8") })),
);

/** Pieces that turn up where nobody expects them. */
const pieces = [
  "",
  "null",
  "{}",
  "[]",
  "- ",
  ": ",
  "\n",
  "\t",
  "|",
  ">",
  "&a",
  "*a",
  "<<: *a",
  "'",
  '"',
  "{{ .x }}",
  "${X}",
  "\\",
  "\u0000",
  "hostPath",
  "volumes:",
  "containers: 1",
  "kind: List",
  "kind: ~",
  "items: {}",
  "spec: []",
  "metadata: 7",
  "[Container]",
  "Volume=",
  "storageClassName: []",
  "volumeClaimTemplates: x",
  "persistence: 1",
  "__proto__: {a: 1}",
  "constructor: x",
  "\uFEFF",
  "🙂",
  "---\n",
  "...\n",
];

const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.nat(40),
  piece: fc.constantFrom(...pieces),
});

function verdict(path: string, text: string): string | undefined {
  const files = [{ path, text }];
  const { facts, errors } = readFiles(files, { read: () => undefined, filesIn: () => [] });
  const judgement = judge(facts, fixtureTopology, { node: "compute" });
  return reportFiles([path], judgement, errors)[0]?.verdict;
}

function isBrokenYaml(path: string, text: string): boolean {
  if (!/\.(ya?ml|json)$/.test(path)) return false;
  try {
    const documents = parseAllDocuments(text, { uniqueKeys: false, merge: true, logLevel: "silent" });
    return Array.isArray(documents) && documents.some((document) => document.errors.length > 0);
  } catch {
    return true;
  }
}

/** JSON objects, a line or more each, as kubectl takes them. */
function isJsonObjects(text: string): boolean {
  let rest = "";
  for (const line of text.replace(/\}[ \t]*\{/g, "}\n{").split("\n")) {
    rest += line;
    try {
      if (rest.trim() !== "") JSON.parse(rest);
      rest = "";
    } catch {
      rest += "\n";
    }
  }
  return rest.trim() === "";
}

it(
  `${runs} mutated manifests: never a crash, never ok for what no parser can read`,
  () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (original, mutations) => {
          const text = mutations.reduce((current, { at, cut, piece }) => {
            const position = Math.floor(at * current.length);
            return current.slice(0, position) + piece + current.slice(position + cut);
          }, original.text);
          const answer = verdict(original.path, text);
          expect(["ok", "violation", "error"]).toContain(answer);
          // The fast parser reads some texts the careful one refuses; neither may be called ok unread.
          if (answer === "ok" && isBrokenYaml(original.path, text) && !isJsonObjects(text))
            expect(() =>
              loadAll(text.replace(/^\uFEFF/, ""), undefined, { schema: CORE_SCHEMA }),
            ).not.toThrow();
        },
      ),
      { numRuns: runs, seed },
    );
  },
  runs * 20 + 20_000,
);
