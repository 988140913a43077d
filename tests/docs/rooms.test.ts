import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { read, root } from "./markdown";

const load = createRequire(__filename);
const { rooms } = z
  .object({
    rooms: z.array(
      z.object({
        path: z.string(),
        holds: z.string(),
        imports: z.union([z.literal("all"), z.array(z.string())]),
      }),
    ),
  })
  .parse(load(join(root, "rooms.cjs")));

/** A row as docs/architecture.md has it, without what only aligns it. */
const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

describe("the rooms", () => {
  it("are those of the table in docs/architecture.md", () => {
    const expected = rooms.map(({ path, holds, imports }) =>
      row([
        `[${path.endsWith(".ts") ? path : `${path}/`}](../${path})`,
        holds,
        imports === "all" ? "every room" : imports.length === 0 ? "no other" : imports.join(", "),
      ]),
    );
    const section = /\n## Rooms\n([\s\S]*?)\n## /.exec(read("docs/architecture.md"))?.[1] ?? "";
    const rows = [...section.matchAll(/^\|(.*)\|$/gm)].map(([, cells = ""]) =>
      row(cells.split("|").map((cell) => cell.trim())),
    );
    expect(rows.slice(2)).toEqual(expected);
  });

  it("stand on those before them, so that there is no circle of rooms", () => {
    rooms.forEach(({ imports }, index) => {
      const below = rooms.slice(0, index).map(({ path }) => path);
      if (imports !== "all") expect(below).toEqual(expect.arrayContaining([...imports]));
    });
  });

  it("are there, and no folder at the top with sources is none", () => {
    const sources = execFileSync("git", ["ls-files", "--", "*.ts"], { cwd: root, encoding: "utf8" })
      .trim()
      .split("\n");
    const roomOf = (file: string) =>
      rooms.find(({ path }) => file === path || file.startsWith(`${path}/`))?.path;
    expect(sources.filter((file) => roomOf(file) === undefined)).toEqual([]);
    expect(rooms.filter(({ path }) => !existsSync(join(root, path)))).toEqual([]);
  });
});

describe("the check of imports", () => {
  const value = "export const value = 1;\n";
  const importing = (from: string) => `import { value } from "${from}";\nexport const other = value;\n`;
  const wrong = [
    ["a room above", "remote/above.ts", "../provider/sdk/b", "provider/sdk/b.ts", "room remote"],
    [
      "a file past an index",
      "remote/past.ts",
      "../packages/errors/b",
      "packages/errors/b.ts",
      "index packages/errors",
    ],
    ["what is no door", "components/a/a.ts", "../../provider/b", "provider/b.ts", "door provider"],
    ["a helper of tests", "power/a.ts", "./testing", "power/testing.ts", "no-tests"],
    [
      "Pulumi below the programs",
      "remote/sdk.ts",
      "@pulumi/pulumi",
      "node_modules/@pulumi/pulumi/index.ts",
      "no-pulumi",
    ],
    ["a schema into the SDK", "provider/sdk/a.ts", "../../remote/b", "remote/b.ts", "no-schema"],
    ["from no room", "attic/a.ts", "../remote/b", "remote/b.ts", "no-room"],
    ["one that imports it", "remote/circle.ts", "./circular", "", "no-circle"],
  ] as const;
  const right = ["remote/right.ts", "power/right.test.ts", "provider/sdk/right.ts"];

  let project: string;
  let said: string;
  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), "homelab-rooms-"));
    const write = (file: string, text: string) => {
      mkdirSync(dirname(join(project, file)), { recursive: true });
      writeFileSync(join(project, file), text);
    };
    for (const file of [".dependency-cruiser.cjs", "rooms.cjs", "tsconfig.json"])
      cpSync(join(root, file), join(project, file));
    for (const [, file, from, target] of wrong) {
      write(file, importing(from));
      if (target !== "") write(target, value);
    }
    write("remote/circular.ts", 'export { other as value } from "./circle";\n');
    write("packages/errors/index.ts", value);
    write("remote/type.ts", 'import type { Value } from "../nodes/b";\nexport type Other = Value;\n');
    write("nodes/b.ts", "export type Value = 1;\n");
    write(
      "provider/sdk/right.ts",
      'import type { value } from "../../remote/b";\nexport type Other = typeof value;\n',
    );
    write("remote/right.ts", importing("../packages/errors"));
    write("power/right.test.ts", importing("./testing"));
    const { status, stdout } = spawnSync(join(root, "node_modules/.bin/depcruise"), ["."], {
      cwd: project,
      encoding: "utf8",
    });
    expect(status).toBeGreaterThan(0);
    said = stdout;
  }, 120_000);
  afterAll(() => {
    rmSync(project, { recursive: true, force: true });
  });

  it.each(wrong)("fails where a file imports %s", (_what, file, _from, _target, rule) => {
    expect(said).toContain(`error ${rule}: ${file} → `);
  });

  it("takes an import of a type for one", () => {
    expect(said).toContain("error room remote: remote/type.ts → nodes/b.ts");
  });

  it("says nothing of what is allowed", () => {
    for (const file of right) expect(said).not.toContain(`: ${file} `);
  });
});
