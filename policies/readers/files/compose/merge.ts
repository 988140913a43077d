/** Several compose files as one, by compose's own rules. */
import { unknown } from "../../../engine/facts";
import { fields, list, record, text, texts } from "../../values";
import type { Values } from "../../values";
import { isOverride, isReset } from "../tags";
import { serviceMount } from "./volumes";
import type { ServiceMount } from "./volumes";

/** A mount and the file that states it. */
export interface Placed extends ServiceMount {
  readonly file: string;
}

/** A service as far as it was put together. */
export interface Service {
  /** The file in which it stands first. */
  readonly file: string;
  /** Everything but its mounts. */
  readonly values: Values;
  readonly volumes: readonly Placed[];
  readonly tmpfs: readonly Placed[];
}

/** Settings that the later file replaces as a whole, though they are lists. */
const replaced = new Set(["command", "entrypoint", "test"]);

/** Settings that may be a list of NAME=VALUE, and are merged by name. */
const pairs = new Set(["environment", "labels", "annotations", "args", "sysctls", "driver_opts"]);

/** Two maps as compose merges them: the later one's scalars win, lists add up, maps go on below. */
export function mergeMaps(base: Values, over: Values): Values {
  // A map of its own kind, since "__proto__" is a key like others.
  const merged = new Map(Object.entries(base));
  for (const [key, stated] of Object.entries(over)) {
    if (isReset(stated)) merged.delete(key);
    else merged.set(key, mergeOne(key, isOverride(stated) ? undefined : merged.get(key), stated));
  }
  return Object.fromEntries(merged);
}

function mergeOne(key: string, base: unknown, over: unknown): unknown {
  const isList = Array.isArray(base) || Array.isArray(over);
  if (pairs.has(key) && isList) return mergeMaps(named(base), named(over));
  if (Array.isArray(over)) {
    const items = over as readonly unknown[];
    return replaced.has(key) ? items : [...asList(base), ...items];
  }
  const map = record(over);
  if (map !== undefined) return mergeMaps(fields(base), map);
  // Nothing said of a list or map leaves it as it is.
  return (over === null || over === undefined) && typeof base === "object" ? base : over;
}

/** NAME=VALUE as a map; a name alone takes its value from the shell. */
function named(value: unknown): Values {
  if (!Array.isArray(value)) return fields(value);
  return Object.fromEntries(
    texts(value).map((entry) => {
      const cut = entry.indexOf("=");
      return cut < 0 ? [entry, null] : [entry.slice(0, cut), entry.slice(cut + 1)];
    }),
  );
}

function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  return value === undefined || value === null ? [] : [value];
}

/** What a service says in a file, put on top of what was said before. */
export function mergeService(before: Service | undefined, raw: Values, file: string): Service {
  const { volumes, tmpfs, ...values } = raw;
  const base = isOverride(raw) ? undefined : before;
  return {
    file: base?.file ?? file,
    values: mergeMaps(base?.values ?? {}, values),
    volumes: mergeMounts(base?.volumes ?? [], volumes, serviceMount, file),
    tmpfs: mergeMounts(base?.tmpfs ?? [], tmpfs, tmpfsMount, file),
  };
}

/** Mounts add up, but for those of one target, of which the later one counts. */
function mergeMounts(
  before: readonly Placed[],
  stated: unknown,
  read: (entry: unknown) => ServiceMount | undefined,
  file: string,
): readonly Placed[] {
  if (stated === undefined || stated === null) return before;
  if (isReset(stated)) return [];
  const placed = mountsIn(stated, read).map((mount) => ({ ...mount, file }));
  if (isOverride(stated)) return placed;
  const targets = new Set(placed.map(({ target }) => clean(target)));
  return [...before.filter(({ target }) => target === "" || !targets.has(clean(target))), ...placed];
}

function mountsIn(
  stated: unknown,
  read: (entry: unknown) => ServiceMount | undefined,
): readonly ServiceMount[] {
  if (Array.isArray(stated)) return list(stated).flatMap((entry) => read(entry) ?? []);
  // tmpfs may be a single text.
  const one = read === tmpfsMount ? read(stated) : undefined;
  if (one !== undefined) return [one];
  return [{ source: unknown("volumes is not a list"), name: "volumes", target: "", readOnly: false }];
}

function clean(target: string): string {
  return target.replace(/\/+$/, "");
}

function tmpfsMount(entry: unknown): ServiceMount | undefined {
  const stated = text(entry);
  if (stated === undefined) return undefined;
  const target = stated.split(":")[0] ?? stated;
  return { source: { kind: "ephemeral", as: "tmpfs" }, name: stated, target, readOnly: false };
}
