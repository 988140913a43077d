import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = join(__dirname, "../..");
const files = execFileSync("git", ["ls-files", "--", "provider/sdk/*.ts"], { cwd: root, encoding: "utf8" })
  .split("\n")
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
  .map((path) => join(root, path));

/** A program that is only ever shown in an editor. */
const snippetFile = join(__dirname, "args.snippet.ts");
const snippet = `
import { Role } from "./postgres";
import { Unit } from "./remote";
declare const args: ConstructorParameters<typeof Unit>[1] & ConstructorParameters<typeof Role>[1];
new Unit("u", { ...args, directories: [{ path: "/srv", mode: "0700" }], health: { tcp: "a:1", settleSeconds: 9 } });
new Role("r", { ...args, replication: true });
new Unit("u", { ...args, health: { tcp: "a:1", settleSeconds: "9" } }); // wrong
new Unit("u", { ...args, files: [{ path: "/etc/a", content: Promise.resolve("a"), onChange: "start" }] }); // wrong
new Role("r", { ...args, superuser: Promise.resolve(true) }); // wrong
new Role("r", { ...args, password: Promise.resolve("a"), passwords: "b" }); // wrong
`;

const service = ts.createLanguageService({
  getCompilationSettings: () => {
    const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)) as {
      config: { compilerOptions: unknown };
    };
    return ts.convertCompilerOptionsFromJson(config.compilerOptions, root).options;
  },
  getScriptFileNames: () => [...files, snippetFile],
  getScriptVersion: () => "1",
  getScriptSnapshot: (path) =>
    path === snippetFile
      ? ts.ScriptSnapshot.fromString(snippet)
      : ts.sys.fileExists(path)
        ? ts.ScriptSnapshot.fromString(readFileSync(path, "utf8"))
        : undefined,
  getCurrentDirectory: () => root,
  getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
  fileExists: (path) => ts.sys.fileExists(path),
  readFile: (path) => ts.sys.readFile(path),
  directoryExists: (path) => ts.sys.directoryExists(path),
  getDirectories: (path) => ts.sys.getDirectories(path),
});
const program = service.getProgram();
if (program === undefined) throw new Error("TypeScript makes no program of the SDK");
const checker = program.getTypeChecker();

interface Field {
  readonly name: string;
  readonly optional: boolean;
  readonly doc: string;
  /** What the documentation says. */
  readonly says: string | undefined;
  /** What the schema does, as TypeScript writes it; undefined where that is no single value. */
  readonly does: string | undefined;
}

/** The value of `.default(…)` at the end of a schema, where it is a literal or a constant that holds one. */
function defaultOf(declaration: ts.Declaration | undefined): string | undefined {
  if (declaration === undefined || !ts.isPropertyAssignment(declaration)) return undefined;
  const call = declaration.initializer;
  if (!ts.isCallExpression(call) || !ts.isPropertyAccessExpression(call.expression)) return undefined;
  const [value] = call.arguments;
  if (call.expression.name.text !== "default" || value === undefined) return undefined;
  const type = checker.getTypeAtLocation(value);
  if (type.isStringLiteral() || type.isNumberLiteral()) return JSON.stringify(type.value);
  return type.flags & ts.TypeFlags.BooleanLiteral ? checker.typeToString(type) : undefined;
}

const isOurs = (symbol: ts.Symbol) =>
  symbol.declarations?.some((one) => !one.getSourceFile().fileName.includes("/node_modules/")) ?? false;

/**
 * All fields of what is given to a resource, nested ones too.
 * @param around the types that it is in: JSON is within itself.
 */
function fieldsOf(type: ts.Type, name: string, around: readonly ts.Type[] = []): Field[] {
  if (around.includes(type)) return [];
  const within = [...around, type];
  if (type.isUnion()) return type.types.flatMap((one) => fieldsOf(one, name, within));
  const element = checker.getIndexTypeOfType(type, ts.IndexKind.Number);
  if (element !== undefined && checker.isArrayLikeType(type)) return fieldsOf(element, `${name}[]`, within);
  const value = type.getStringIndexType();
  return [
    ...(value === undefined ? [] : fieldsOf(value, `${name}.*`, within)),
    ...checker
      .getPropertiesOfType(type)
      .filter(isOurs)
      .flatMap((property) => {
        const inner = `${name}.${property.name}`;
        const tag = property.getJsDocTags(checker).find((one) => one.name === "default");
        return [
          {
            name: inner,
            optional: (property.flags & ts.SymbolFlags.Optional) !== 0,
            doc: ts.displayPartsToString(property.getDocumentationComment(checker)),
            says: tag && ts.displayPartsToString(tag.text),
            does: defaultOf(property.declarations?.[0]),
          },
          ...fieldsOf(checker.getTypeOfSymbol(property), inner, within),
        ];
      }),
  ];
}

/** The resources that a file of the SDK has, each with the type of its arguments. */
function resourcesOf(file: string): { name: string; args: ts.Type }[] {
  const source = program?.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  return (module === undefined ? [] : checker.getExportsOfModule(module))
    .filter(({ flags }) => flags & ts.SymbolFlags.Class)
    .flatMap((symbol) =>
      checker
        .getTypeOfSymbol(symbol)
        .getConstructSignatures()
        .flatMap(({ parameters }) => parameters.slice(1, 2))
        .map((args) => ({ name: symbol.name, args: checker.getTypeOfSymbol(args) })),
    );
}

const resources = files.flatMap(resourcesOf);
const fields = resources.flatMap(({ name, args }) => fieldsOf(args, name));

describe("every argument of a resource", () => {
  it("is found, nested ones too", () => {
    expect(resources.length).toBeGreaterThanOrEqual(20);
    expect(fields.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "Unit.files[].mode",
        "Role.server.connection.hostKey",
        "Jobs.deployments.*.schedule.cron",
        "PolicyPart.tests[].deny",
      ]),
    );
  });

  it("is documented", () => {
    expect(fields.filter(({ doc }) => doc === "").map(({ name }) => name)).toEqual([]);
  });

  it("says its default when it may be left out, and only then", () => {
    const wrong = fields.filter(({ optional, says }) => optional !== (says !== undefined));
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  it("says the default that its schema has", () => {
    const told = fields.filter(({ does }) => does !== undefined && does !== '""');
    expect(told.length).toBeGreaterThan(15);
    expect(
      told
        .filter(({ says = "", does = "" }) => says.split(/[,;]?\s/)[0] !== does)
        .map(({ name, says, does }) => `${name} is ${does} by default, and its documentation says ${says}`),
    ).toEqual([]);
  });
});

it.each([
  ["directories: [{ path", "Absolute path on the node."],
  ["mode", "Octal mode."],
  ["settleSeconds", "How long it must stay up and healthy after that, seconds"],
  ["replication", "May copy the whole cluster and follow it"],
])("an editor shows at %s what the schema says of it", (place, doc) => {
  const shown = service.getQuickInfoAtPosition(snippetFile, snippet.indexOf(place) + place.length - 1);
  expect(ts.displayPartsToString(shown?.documentation)).toContain(doc);
});

it("does not compile to give what the schema does not take", () => {
  const found = service
    .getSemanticDiagnostics(snippetFile)
    .map(({ start, file }) => file?.getLineAndCharacterOfPosition(start ?? 0).line);
  const wrong = snippet.split("\n").flatMap((line, i) => (line.endsWith("// wrong") ? [i] : []));
  expect(found).toEqual(wrong);
});
