/** Looking into values of unknown shape, as parsed from YAML or JSON, without ever throwing. */

export type Values = Readonly<Record<string, unknown>>;

export function record(value: unknown): Values | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Values) : undefined;
}

/** The value as an object; an empty one where it is none. */
export function fields(value: unknown): Values {
  return record(value) ?? {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Objects of a list; other items are left out. */
export function records(value: unknown): readonly Values[] {
  return list(value)
    .map(record)
    .filter((item) => item !== undefined);
}

/** A scalar as text; undefined for null, objects and lists. */
export function text(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint")
    return String(value);
  return undefined;
}

/** A list of texts; a single text is a list of one. */
export function texts(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => text(item) ?? []);
  const one = text(value);
  return one === undefined ? [] : [one];
}

/** True for what YAML 1.1 readers (Kubernetes, compose) take as true. */
export function yes(value: unknown): boolean {
  return value === true || (typeof value === "string" && /^(true|yes|on|y|t|1)$/i.test(value));
}

/** True for what they take as false; absent is not false. */
export function no(value: unknown): boolean {
  return value === false || (typeof value === "string" && /^(false|no|off|n|f|0)$/i.test(value));
}

/** A map of texts; other values are left out. */
export function textMap(value: unknown): Record<string, string> {
  const map: Record<string, string> = {};
  for (const [key, item] of Object.entries(fields(value))) {
    const content = text(item);
    if (content !== undefined) map[key] = content;
  }
  return map;
}

export function at(value: unknown, ...path: readonly string[]): unknown {
  let here: unknown = value;
  for (const key of path) here = record(here)?.[key];
  return here;
}
