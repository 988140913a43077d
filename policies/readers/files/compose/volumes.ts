/** Volumes of compose services: short and long forms. */
import { unknown } from "../../../engine/facts";
import type { Volume, VolumeSource } from "../../../engine/facts";
import { at, fields, record, text, yes } from "../../values";
import type { Values } from "../../values";
import { hasVariable, toldPath } from "../../variables";

/** A mount of a service, before it is put together with others of the same source. */
export interface ServiceMount {
  readonly source: VolumeSource;
  /** Name of the volume, or the path; what stands for it in messages. */
  readonly name: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** Reads one entry of a service's `volumes`. */
export function serviceMount(entry: unknown): ServiceMount | undefined {
  if (entry === null || entry === undefined) return undefined;
  const long = record(entry);
  if (long !== undefined) return longForm(long);
  const short = text(entry);
  if (short === undefined)
    return {
      source: unknown("it is neither a text nor an object"),
      name: "volume",
      target: "",
      readOnly: false,
    };
  return shortMount(short);
}

/** Reads "SOURCE:TARGET:MODE", "SOURCE:TARGET" or "TARGET", as compose, docker and podman take it. */
export function shortMount(entry: string): ServiceMount {
  const parts = splitShort(entry);
  const [first = "", second] = parts;
  if (second === undefined) {
    const source: VolumeSource = hasVariable(first)
      ? unknown(`${first} has no value here`)
      : { kind: "anonymous" };
    return { source, name: first, target: first, readOnly: false };
  }
  const options = parts
    .slice(2)
    .join(",")
    .split(",")
    .map((option) => option.trim());
  return {
    source: options.includes("O") ? overlay(options) : sourceOf(first),
    name: first,
    target: second,
    readOnly: options.includes("ro") || options.includes("readonly"),
  };
}

/**
 * With O podman lays a scratch layer over the source, and what is written goes with the container; unless a directory
 * of the node is named for it, which stays.
 */
export function overlay(options: readonly string[]): VolumeSource {
  const upper = options.find((option) => option.startsWith("upperdir="))?.slice("upperdir=".length);
  return upper === undefined || upper === ""
    ? { kind: "ephemeral", as: "overlay" }
    : { kind: "bind", path: toldPath(upper) };
}

/** A source as written: a path is a bind, a name is a volume, a variable is neither yet. */
export function sourceOf(source: string): VolumeSource {
  if (source === "") return { kind: "anonymous" };
  if (hasVariable(source)) {
    const told = toldPath(source);
    return typeof told === "string" ? { kind: "bind", path: told } : told;
  }
  if (/^[./~%\\]|^[A-Za-z]:[\\/]/.test(source)) return { kind: "bind", path: source };
  return { kind: "named", name: source };
}

/** Splits at colons outside of variables; a drive letter stays with its path. */
function splitShort(entry: string): readonly string[] {
  const parts: string[] = [];
  let current = "";
  let depth = 0;
  for (let index = 0; index < entry.length; index += 1) {
    const char = entry[index] ?? "";
    if (char === "{") depth += 1;
    if (char === "}") depth -= 1;
    const drive =
      current.length === 1 &&
      /[A-Za-z]/.test(current) &&
      /[\\/]/.test(entry[index + 1] ?? "") &&
      parts.length === 0;
    if (
      char === ":" &&
      depth <= 0 &&
      !(drive && (entry[index + 1] === "\\" || entry.split(":").length > 2))
    ) {
      parts.push(current);
      current = "";
    } else current += char;
  }
  return [...parts, current].map((part) => part.trim());
}

function longForm(entry: Values): ServiceMount | undefined {
  const type = text(entry.type) ?? "volume";
  const source = text(entry.source) ?? text(entry.src) ?? "";
  const target = text(entry.target) ?? text(entry.destination) ?? text(entry.dst) ?? "";
  const readOnly = yes(entry.read_only) || yes(entry.readonly) || yes(entry.ro);
  return { source: longSource(type, source, entry), name: source === "" ? target : source, target, readOnly };
}

function longSource(type: string, source: string, entry: Values): VolumeSource {
  switch (type) {
    case "tmpfs":
      return { kind: "ephemeral", as: "tmpfs" };
    case "npipe":
    case "image":
      return { kind: "config", as: type };
    case "bind": {
      if (source === "") return unknown("its bind states no source");
      return { kind: "bind", path: toldPath(source) };
    }
    case "volume":
      if (source === "") return { kind: "anonymous" };
      if (record(entry.volume) !== undefined && text(at(entry, "volume", "driver")) !== undefined)
        return sourceOf(source);
      return hasVariable(source) ? unknown(`${source} has no value here`) : { kind: "named", name: source };
    default:
      return unknown(`its type ${type} is not known`);
  }
}

/** Driver and options of a top-level volume. */
export function driverOf(volume: Values): { driver: string; options: Record<string, string> } {
  const options: Record<string, string> = {};
  for (const [key, value] of Object.entries(fields(volume.driver_opts))) {
    options[key.toLowerCase()] = text(value) ?? "";
  }
  return { driver: text(volume.driver) ?? "local", options };
}

/** Mounts as volumes of one container. */
export function mountVolumes(mounts: readonly ServiceMount[], container: string): Volume[] {
  return mounts.map(({ source, name, target, readOnly }) => ({
    name,
    source,
    mounts: [{ container, target, readOnly }],
    mountsKnown: true,
  }));
}
