/** Looking things up by name where several may bear it. */
import type { Origin } from "./facts";

interface Located {
  readonly origin: Origin;
}

/**
 * Things by name, nearest first: those of the same file, then of the same folder, then all. Sets of files may
 * hold things of the same name that have nothing to do with each other.
 */
export class NameIndex<T extends Located> {
  readonly #all = new Map<string, T[]>();
  readonly #inFolder = new Map<string, T[]>();
  readonly #inFile = new Map<string, T[]>();

  constructor(items: readonly T[], namesOf: (item: T) => readonly string[]) {
    for (const item of items) {
      const { file } = item.origin;
      for (const name of namesOf(item)) {
        add(this.#inFile, `${file}\n${name}`, item);
        add(this.#inFolder, `${folderOf(file)}\n${name}`, item);
        add(this.#all, name, item);
      }
    }
  }

  /** Everything of a name, however far away. */
  all(name: string): readonly T[] {
    return this.#all.get(name) ?? [];
  }

  /** The nearest things of a name that fit; several where none is nearer than the others. */
  nearest(name: string, from: Origin, fits: (item: T) => boolean = () => true): readonly T[] {
    const circles = [
      this.#inFile.get(`${from.file}\n${name}`),
      this.#inFolder.get(`${folderOf(from.file)}\n${name}`),
      this.#all.get(name),
    ];
    for (const circle of circles) {
      const fitting = circle?.filter(fits) ?? [];
      if (fitting.length > 0) return fitting;
    }
    return [];
  }
}

function add<T>(map: Map<string, T[]>, key: string, item: T): void {
  const known = map.get(key);
  if (known) known.push(item);
  else map.set(key, [item]);
}

function folderOf(file: string): string {
  const slash = file.lastIndexOf("/");
  return slash < 0 ? "" : file.slice(0, slash);
}
