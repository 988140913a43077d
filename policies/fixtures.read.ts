/** Fixtures as they are read and judged by the tests. */
import { readFileSync } from "node:fs";
import { collectFiles, disk } from "./check/files";
import { reportFiles } from "./check/report";
import type { FileReport } from "./check/report";
import { noFacts } from "./engine/facts";
import { judge } from "./engine/judge";
import { fixtureTopology } from "./fixtures";
import type { Fixture } from "./fixtures";
import { readFiles } from "./readers/files/read";
import type { ReadFiles } from "./readers/files/read";
import { parseYaml } from "./readers/files/yaml";
import { readCommand } from "./readers/pulumi";
import { at, fields, records, text } from "./readers/values";

/** Files as the check reads them; commands and files put over SSH stand only in programs, so these as resources. */
export function read(paths: readonly string[]): ReadFiles {
  const [first = ""] = paths;
  if (!first.includes("/remote-setup/")) return readFiles(collectFiles(paths).files, disk);
  const facts = noFacts();
  const context = { facts, put: new Set<string>(), readFile: () => undefined, filesIn: () => undefined };
  for (const path of paths) {
    const parsed = parseYaml(readFileSync(path, "utf8"));
    const [document] = "error" in parsed ? [] : parsed.documents;
    for (const { name, type, inputs } of records(at(document, "resources"))) {
      readCommand(
        { urn: path, name: text(name) ?? "", type: text(type) ?? "", inputs: fields(inputs) },
        context,
      );
    }
  }
  return { facts, errors: new Map(), unread: new Map() };
}

/** What the check says of a fixture, by file. */
export function reportOf({ paths, placed }: Fixture): ReadonlyMap<string, FileReport> {
  const { facts, errors, unread } = read(paths);
  const judgement = judge(facts, fixtureTopology, placed ? {} : { node: "compute" });
  return new Map(
    reportFiles(paths, judgement, errors, new Set(unread.keys())).map((report) => [report.path, report]),
  );
}
