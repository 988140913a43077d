import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { endState } from "./end-state";
import { floorScript } from "./floor";
import type { EndFile, EndState } from "./shape";

/**
 * render.ts CONFIGURATION.yaml FOLDER: writes what storage is to be like into FOLDER, for the other tools:
 *   files/…     every file under its path on the machine
 *   vars.json   all the rest, with generated passwords
 *   floor.sh    the plain script
 *   names       a line a thing, `service NAME`, `file PATH`, `data PATH`: what there is to look at and to take away
 */
async function main(configuration: string, folder: string): Promise<void> {
  const stack = z.object({ config: z.record(z.string(), z.unknown()) });
  const { config } = stack.parse(parse(readFileSync(configuration, "utf8")));
  const texts = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const end = await endState(Object.fromEntries(texts) as Record<string, string>, () =>
    randomBytes(20).toString("hex"),
  );
  for (const { path, content } of filesOf(end)) write(join(folder, "files", path), content);
  write(join(folder, "vars.json"), JSON.stringify(withoutContents(end), undefined, 2));
  write(join(folder, "floor.sh"), floorScript(end));
  write(join(folder, "names"), names(end));
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
}

function filesOf(end: EndState): EndFile[] {
  return end.units.flatMap(({ files }) => [...files.restart, ...files.reload, ...files.nothing]);
}

/** The tools copy the files; their contents need not stand in the variables too. */
function withoutContents(end: EndState): unknown {
  const strip = (files: readonly EndFile[]) => files.map(({ path, mode }) => ({ path, mode }));
  const units = end.units.map((unit) => {
    const { restart, reload, nothing } = unit.files;
    const files = { restart: strip(restart), reload: strip(reload), nothing: strip(nothing) };
    const folders = Object.values(unit.files).flatMap((some) => some.map(({ path }) => dirname(path)));
    // Those of systemd and podman are there before anybody comes.
    const parents = [...new Set(folders)].filter((path) => /^\/(etc|usr\/local\/lib)\/homelab/.test(path));
    return [
      unit.service.replace(/\.service$/, ""),
      { ...unit, files, parents: parents.map((path) => ({ path, mode: "0755" })) },
    ];
  });
  return { ...end, units: Object.fromEntries(units) as unknown };
}

function names(end: EndState): string {
  const kept = [...new Set(end.units.flatMap(({ keeps }) => keeps))];
  // What lies in another is set aside with it.
  const data = kept.filter((path) => !kept.some((other) => path.startsWith(`${other}/`)));
  const lines = [
    ...end.units.map(({ service }) => `service\t${service}`),
    ...filesOf(end).map(({ path }) => `file\t${path}`),
    ...end.images.map(({ reference }) => `image\t${reference}`),
    ...end.secrets.map(({ name }) => `secret\t${name}`),
    ...data.map((path) => `data\t${path}`),
    `postgres\t${end.postgres.port}`,
    `minio\t${end.minio.port}`,
  ];
  return `${lines.join("\n")}\nend\n`;
}

const [configuration, folder] = process.argv.slice(2);
if (configuration === undefined || folder === undefined)
  throw new Error("render.ts CONFIGURATION.yaml FOLDER");
void main(configuration, folder);
