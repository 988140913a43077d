/** A quadlet with its drop-ins as one list of settings, each knowing the file it stands in. */
import { parse } from "../../../../packages/quadlet";
import { baseName, folderOf, inFolder } from "../context";
import type { FileContext } from "../context";

interface Setting {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly file: string;
}

/** A value and the file that states it. */
export interface Stated {
  readonly value: string;
  readonly file: string;
}

const kinds = ["container", "volume", "pod", "kube", "build", "network", "image", "artifact"] as const;
export type QuadletKind = (typeof kinds)[number];

/** Units that drop-ins are for: podman's, and systemd's own services that start containers by hand. */
export type UnitKind = QuadletKind | "service";

export class Quadlet {
  constructor(
    readonly path: string,
    readonly kind: UnitKind,
    private readonly settings: readonly Setting[],
  ) {}

  /** "web.container" */
  get name(): string {
    return baseName(this.path);
  }

  /** Name without its ending. */
  get stem(): string {
    return this.name.slice(0, -this.kind.length - 1);
  }

  has(section: string): boolean {
    return this.settings.some((setting) => setting.section === section);
  }

  /** All values of a key in order; an empty one takes back those before it. */
  all(section: string, key: string): readonly Stated[] {
    let found: Stated[] = [];
    for (const setting of this.settings) {
      if (setting.section !== section || setting.key !== key) continue;
      if (setting.value === "") found = [];
      else found.push({ value: specified(setting.value), file: setting.file });
    }
    return found;
  }

  last(section: string, key: string): string | undefined {
    return this.all(section, key).at(-1)?.value;
  }
}

/** systemd's specifiers that say where a path is; others stay. */
function specified(value: string): string {
  return value.replaceAll("%t", "/run").replaceAll("%T", "/tmp").replaceAll("%V", "/var/tmp");
}

/** The kind of a quadlet by its file's name. */
export function quadletKind(path: string): QuadletKind | undefined {
  const name = baseName(path);
  return kinds.find((kind) => name.endsWith(`.${kind}`) && name.length > kind.length + 1);
}

/** The kind of unit a drop-in belongs to ("web.container.d/x.conf", "container.d/x.conf"). */
export function dropInKind(path: string): UnitKind | undefined {
  if (!path.endsWith(".conf")) return undefined;
  const folder = baseName(folderOf(path));
  const all: readonly UnitKind[] = [...kinds, "service"];
  return all.find((kind) => folder === `${kind}.d` || folder.endsWith(`.${kind}.d`));
}

/**
 * Reads a quadlet and the drop-ins beside it.
 *
 * @throws UnitError where a line is none of a unit
 */
export function readUnit(text: string, kind: UnitKind, context: FileContext): Quadlet {
  const settings = settingsOf(text, context.path);
  for (const path of dropInsOf(context.path, kind, context)) {
    settings.push(...settingsOf(context.lookup(path) ?? "", path));
  }
  return new Quadlet(context.path, kind, settings);
}

/** Reads a drop-in on its own, as far as it goes. */
export function readDropIn(text: string, kind: UnitKind, path: string): Quadlet {
  return new Quadlet(path, kind, settingsOf(text, path));
}

function settingsOf(text: string, file: string): Setting[] {
  return parse(text).sections.flatMap(({ name, entries }) =>
    entries.map(({ key, value }) => ({ section: name, key, value, file })),
  );
}

/** Paths of the drop-ins that apply to a unit, in the order in which they count. */
export function dropInsOf(path: string, kind: UnitKind, context: FileContext): readonly string[] {
  const folder = folderOf(path);
  const folders = [`${kind}.d`, ...prefixFolders(baseName(path), kind), `${baseName(path)}.d`];
  const paths = folders.flatMap((name) =>
    context.filesIn(inFolder(folder, name)).filter((file) => file.endsWith(".conf")),
  );
  return [...paths].sort((one, other) => (baseName(one) < baseName(other) ? -1 : 1));
}

/** "foo-bar.container" also takes drop-ins of "foo-.container.d"; "a@b.container" those of "a@.container.d". */
function prefixFolders(name: string, kind: UnitKind): string[] {
  const stem = name.slice(0, -kind.length - 1);
  const folders: string[] = [];
  for (let cut = stem.indexOf("-"); cut >= 0 && cut < stem.length - 1; cut = stem.indexOf("-", cut + 1)) {
    folders.push(`${stem.slice(0, cut + 1)}.${kind}.d`);
  }
  const template = stem.indexOf("@");
  if (template >= 0 && template < stem.length - 1) folders.push(`${stem.slice(0, template + 1)}.${kind}.d`);
  return folders;
}
