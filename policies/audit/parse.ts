/** What remote/agent/audit.sh said of a node, taken apart. */
import { at, fields, list, record, records, text, textMap, yes } from "../readers/values";

/** A container's mount that keeps something on the node. */
export interface SeenMount {
  readonly kind: "volume" | "bind";
  /** Name of the volume or path on the node. */
  readonly source: string;
  readonly target: string;
  readonly writable: boolean;
}

export interface SeenContainer {
  readonly engine: string;
  readonly name: string;
  readonly image: string;
  /** systemd's unit that started it; undefined where somebody did. */
  readonly unit?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly SeenMount[];
  /** Where what it writes beside its volumes is kept. */
  readonly layer?: string;
}

export interface SeenVolume {
  readonly engine: string;
  readonly name: string;
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly path: string;
  /** Undefined where it could not be measured in time. */
  readonly bytes: number | undefined;
}

/** A place with its size, and what it is: PostgreSQL, SQLite; a file system's kind; a volume of a user. */
export interface SeenPlace {
  readonly path: string;
  readonly what: string;
  readonly bytes: number | undefined;
}

/** Everything that was found on a node. */
export interface Seen {
  readonly containers: readonly SeenContainer[];
  readonly volumes: readonly SeenVolume[];
  readonly userVolumes: readonly SeenPlace[];
  readonly localPaths: readonly SeenPlace[];
  readonly disks: readonly SeenPlace[];
  readonly databases: readonly SeenPlace[];
  readonly directories: readonly SeenPlace[];
  /** Sizes of directories at the last look, by path. */
  readonly before: ReadonlyMap<string, number>;
  /** Texts of quadlets and services, by path. */
  readonly units: ReadonlyMap<string, string>;
  /** Directories that are declared ephemeral, with the reason. */
  readonly declared: ReadonlyMap<string, string>;
  /** Their sizes. */
  readonly declaredBytes: ReadonlyMap<string, number>;
}

/**
 * Reads the script's output.
 *
 * @throws Error where it is cut short
 */
export function parseSeen(stdout: string): Seen {
  const rows = stdout.split("\n").map((line) => line.split("\t"));
  if (!rows.some(([kind]) => kind === "end")) throw new Error("The answer arrived cut short: run it again.");
  const of = (kind: string): string[][] =>
    rows.filter(([first]) => first === kind).map((row) => row.slice(1));
  const places = (kind: string): SeenPlace[] =>
    of(kind).map(([path = "", bytes]) => ({ what: kind, path, bytes: size(bytes) }));
  return {
    containers: of("container").flatMap(([engine = "", json]) =>
      records(decoded(json)).map((one) => container(engine, one)),
    ),
    volumes: of("volume").flatMap(([engine = "", json, bytes]) =>
      records(decoded(json)).map((one) => volume(engine, one, size(bytes))),
    ),
    userVolumes: places("user-volume"),
    localPaths: places("local-path"),
    disks: of("disk").map(([path = "", source = "", kind = "", bytes]) => ({
      path,
      what: `${kind} on ${source}`,
      bytes: size(bytes),
    })),
    databases: of("database").map(([what = "", path = "", bytes]) => ({ path, what, bytes: size(bytes) })),
    directories: places("directory"),
    before: new Map(of("before").map(([path = "", bytes]) => [path, size(bytes) ?? 0])),
    units: new Map(
      of("unit").map(([path = "", content = ""]) => [path, Buffer.from(content, "base64").toString("utf8")]),
    ),
    declared: new Map(of("declared").map(([path = "", reason = ""]) => [path, reason.trim()])),
    declaredBytes: new Map(of("declared").map(([path = "", , bytes = ""]) => [path, Number(bytes) || 0])),
  };
}

function size(bytes: string | undefined): number | undefined {
  return bytes === undefined || bytes === "" ? undefined : Number(bytes);
}

function decoded(base64: string | undefined): unknown {
  return JSON.parse(Buffer.from(base64 ?? "", "base64").toString("utf8")) as unknown;
}

function container(engine: string, value: Readonly<Record<string, unknown>>): SeenContainer {
  const labels = textMap(at(value, "Config", "Labels"));
  const unit = labels.PODMAN_SYSTEMD_UNIT;
  const layer = text(at(value, "GraphDriver", "Data", "UpperDir"));
  return {
    engine,
    name: (text(value.Name) ?? "").replace(/^\//, ""),
    image: text(value.ImageName) ?? text(at(value, "Config", "Image")) ?? "",
    labels,
    mounts: records(value.Mounts).flatMap((mount) => seenMount(mount)),
    ...(unit === undefined ? {} : { unit }),
    ...(layer === undefined ? {} : { layer }),
  };
}

function seenMount(mount: Readonly<Record<string, unknown>>): SeenMount[] {
  const kind = text(mount.Type);
  if (kind !== "volume" && kind !== "bind") return [];
  const source = kind === "volume" ? text(mount.Name) : text(mount.Source);
  const readOnlyByOption = list(mount.Options).includes("ro");
  return [
    {
      kind,
      source: source ?? "",
      target: text(mount.Destination) ?? "",
      writable: yes(mount.RW) && !readOnlyByOption,
    },
  ];
}

function volume(
  engine: string,
  value: Readonly<Record<string, unknown>>,
  bytes: number | undefined,
): SeenVolume {
  return {
    engine,
    name: text(value.Name) ?? "",
    driver: text(value.Driver) ?? "local",
    options: textMap(record(value.Options) ?? fields(value.options)),
    labels: textMap(value.Labels),
    path: text(value.Mountpoint) ?? "",
    bytes,
  };
}
