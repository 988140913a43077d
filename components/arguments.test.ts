import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import ts from "typescript";

const root = join(__dirname, "..");
const files = execFileSync("git", ["ls-files", "--", "components/*.ts"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path.endsWith(".ts") && !/\.test\.ts$|testing/.test(path));

/** Fields of exported `…Args`, each with its documentation. */
function fields(path: string): { name: string; optional: boolean; doc: string }[] {
  const source = ts.createSourceFile(
    path,
    readFileSync(join(root, path), "utf8"),
    ts.ScriptTarget.Latest,
    true,
  );
  return source.statements
    .filter((one) => ts.isInterfaceDeclaration(one))
    .filter(
      ({ name, modifiers }) =>
        name.text.endsWith("Args") && modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword),
    )
    .flatMap(({ name, members }) =>
      members.map((member) => ({
        name: `${path}: ${name.text}.${member.name?.getText() ?? ""}`,
        optional: member.questionToken !== undefined,
        doc: ts
          .getJSDocCommentsAndTags(member)
          .map((doc) => doc.getText())
          .join(" "),
      })),
    );
}

/** Those of resources: provider/sdk/args.test.ts. */
describe("every argument of a component", () => {
  const all = files.flatMap(fields);

  it("is documented", () => {
    expect(all.length).toBeGreaterThan(150);
    expect(all.filter(({ doc }) => doc === "").map(({ name }) => name)).toEqual([]);
  });

  it("says its default when it may be left out", () => {
    const silent = all.filter(({ optional, doc }) => optional && !doc.includes("@default"));
    expect(silent.map(({ name }) => name)).toEqual([]);
  });
});
