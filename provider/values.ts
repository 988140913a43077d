/**
 * Pulumi's wire values ↔ plain ones. Secrets and unknowns travel as marked objects and strings.
 * @see https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/properties.go (SigKey, SecretSig)
 * @see https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go (UnknownStringValue)
 */
const sigKey = "4dabf18193072939515e22adb298388d";
const secretSig = "1b47061264138c4ac30d75fd1eb44270";
const outputSig = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Path = readonly (string | number)[];

/** A plain value with the paths at which it is secret, or not known yet. */
export interface Unwrapped {
  readonly value: Json;
  readonly secrets: readonly Path[];
  readonly unknowns: readonly Path[];
}

/** Takes the marks off. */
export function unwrap(wire: Json): Unwrapped {
  const secrets: Path[] = [];
  const unknowns: Path[] = [];
  const walk = (at: Json, path: Path): Json => {
    if (at === unknown) {
      unknowns.push(path);
      return at;
    }
    if (Array.isArray(at)) return at.map((item, index) => walk(item, [...path, index]));
    if (at === null || typeof at !== "object") return at;
    if (at[sigKey] === secretSig) {
      secrets.push(path);
      return walk(at.value ?? null, path);
    }
    if (at[sigKey] === outputSig) {
      if (at.secret === true) secrets.push(path);
      if (!("value" in at)) {
        unknowns.push(path);
        return unknown;
      }
      return walk(at.value ?? null, path);
    }
    return Object.fromEntries(Object.entries(at).map(([key, item]) => [key, walk(item, [...path, key])]));
  };
  return { value: walk(wire, []), secrets, unknowns };
}

/** Puts the secret marks back; a path that is gone is passed over. */
export function wrap(value: Json, secrets: readonly Path[]): Json {
  const [own, inner] = [secrets.some((path) => path.length === 0), secrets.filter((path) => path.length > 0)];
  const below = (key: string | number) =>
    inner.filter(([first]) => first === key).map((path) => path.slice(1));
  let marked: Json = value;
  if (Array.isArray(value)) marked = value.map((item, index) => wrap(item, below(index)));
  else if (value !== null && typeof value === "object") {
    marked = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, wrap(item, below(key))]));
  }
  return own ? { [sigKey]: secretSig, value: marked } : marked;
}

/** Are two values the same, whatever the order of their keys? Absent and undefined are one. */
export function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => same(item, b[index]));
  }
  if (isRecord(a) && isRecord(b)) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => same(a[key], b[key]));
  }
  return false;
}

export function isRecord(value: Json | undefined): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
