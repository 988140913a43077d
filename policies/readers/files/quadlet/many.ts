/** `.quadlets`: several units in one file, as `podman quadlet install` takes them. */
import { baseName, beside, folderOf } from "../context";
import type { FileContext } from "../context";

/** A unit of such a file, as if it stood beside it in a file of its own. */
export interface Part {
  readonly path: string;
  readonly text: string;
}

export function isManyUnits(path: string): boolean {
  return /[^/]\.quadlets$/.test(path);
}

/** The section that says what a unit is, and its ending. */
const endings: Readonly<Record<string, string>> = {
  Container: "container",
  Volume: "volume",
  Network: "network",
  Pod: "pod",
  Kube: "kube",
  Build: "build",
  Image: "image",
  Artifact: "artifact",
};

/**
 * Takes a file apart at its lines `---`. Each unit states its name in a comment `# FileName=NAME`, without an ending.
 *
 * @throws Error where a unit says no name or is none of podman's
 */
export function partsOf(text: string, path: string): readonly Part[] {
  const texts = text.split(/^---[ \t]*\r?$/m).filter((part) => /^\s*\[/m.test(part));
  if (texts.length === 0) throw new Error("it has no unit in it");
  const folder = folderOf(path);
  return texts.map((part, index) => {
    const section = [...part.matchAll(/^\s*\[(\w+)\]/gm)].find(([, name = ""]) => name in endings)?.[1];
    if (section === undefined) {
      throw new Error(
        `its unit ${index + 1} has none of the sections [${Object.keys(endings).join("], [")}]`,
      );
    }
    const stated = /^\s*[#;]\s*FileName\s*=\s*(\S+)\s*$/m.exec(part)?.[1];
    if (stated === undefined && texts.length > 1) {
      throw new Error(`its unit ${index + 1} has no line "# FileName=NAME", without which podman refuses it`);
    }
    const ending = endings[section] ?? "";
    const stem = (stated ?? baseName(path).replace(/\.quadlets$/, "")).replace(
      new RegExp(`\\.${ending}$`),
      "",
    );
    const name = `${stem}.${ending}`;
    return { path: folder === "" ? name : `${folder}/${name}`, text: part };
  });
}

/** The surroundings as each of the units sees them: the others stand beside it. */
export function withParts(context: FileContext, parts: readonly Part[]): FileContext {
  const own = new Map(parts.map((part) => [beside(part.path, baseName(part.path)), part.text]));
  const at = (path: string): string => beside(path, baseName(path));
  return {
    ...context,
    lookup: (path) => own.get(at(path)) ?? context.lookup(path),
    isGiven: (path) => own.has(at(path)) || context.isGiven?.(path) === true,
  };
}
