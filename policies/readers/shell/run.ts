/** Arguments of `podman run`, `docker run` and their like, as far as they mount something. */
import { unknown } from "../../engine/facts";
import { networkTypes, networkVolumePlugins } from "../../engine/tables/drivers";
import type { VolumeSource } from "../../engine/facts";
import { overlay, shortMount, sourceOf } from "../files/compose/volumes";
import type { ServiceMount } from "../files/compose/volumes";
import { hasVariable, toldPath } from "../variables";
import { readOptions } from "./options";
import type { Tool } from "./switches/switches";

/** What the arguments of a container tool say of mounts, labels and the rest. */
export interface RunArguments {
  readonly mounts: readonly ServiceMount[];
  readonly labels: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint?: string;
  /** Set where the volumes that the image declares are kept in memory. */
  readonly imageVolumes?: "tmpfs";
  /** Words that are no options: image, command, arguments. */
  readonly rest: readonly string[];
}

/**
 * Reads options until the first word that is none; what follows is `rest`.
 *
 * @param command what the options are of: "run", "pod create", "build"
 */
export function readRunArguments(
  words: readonly string[],
  tool: Tool = "podman",
  command = "run",
): RunArguments {
  const mounts: ServiceMount[] = [];
  const labels: Record<string, string> = {};
  const env: Record<string, string> = {};
  let entrypoint: string | undefined;
  let imageVolumes: string | undefined;
  let isRootfs = false;
  const { options, rest } = readOptions(words, tool, command);
  for (const { name, value } of options) {
    switch (name) {
      case "-v":
      case "--volume":
        mounts.push(shortMount(value));
        break;
      case "--mount":
        mounts.push(mountOption(value));
        break;
      case "--tmpfs":
        mounts.push(tmpfs(value));
        break;
      case "--volumes-from":
        mounts.push(fromContainer(value));
        break;
      case "-l":
      case "--label":
      case "--annotation":
        assign(labels, value);
        break;
      case "-e":
      case "--env":
        assign(env, value);
        break;
      case "--entrypoint":
        entrypoint = value;
        break;
      case "--image-volume":
        imageVolumes = value;
        break;
      case "--rootfs":
        if (!/^(false|0)$/i.test(value)) isRootfs = true;
        break;
    }
  }
  if (isRootfs && rest[0] !== undefined) mounts.push(rootfs(rest[0]));
  return {
    mounts,
    labels,
    env,
    rest,
    ...(entrypoint === undefined ? {} : { entrypoint }),
    // Of the other ways the image's volumes stay on the node: as volumes, or in the container itself.
    ...(imageVolumes === "tmpfs" ? { imageVolumes } : {}),
  };
}

/** The same where all words are options, as in a unit: what looks like none is passed over. */
export function readAllArguments(words: readonly string[], tool: Tool, command: string): RunArguments {
  let read = readRunArguments(words, tool, command);
  while (read.rest.some((word) => word.startsWith("-"))) {
    const more = readRunArguments(read.rest.slice(1), tool, command);
    read = {
      ...read,
      ...more,
      mounts: [...read.mounts, ...more.mounts],
      labels: { ...read.labels, ...more.labels },
      env: { ...read.env, ...more.env },
    };
  }
  return read;
}

function assign(map: Record<string, string>, entry: string): void {
  const [key = "", ...rest] = entry.split("=");
  map[key] = rest.join("=");
}

function tmpfs(value: string): ServiceMount {
  const target = value.split(":")[0] ?? value;
  return { source: { kind: "ephemeral", as: "tmpfs" }, name: target, target, readOnly: false };
}

function fromContainer(value: string): ServiceMount {
  const source = unknown(`it takes the volumes of the container ${value}`);
  return { source, name: value, target: "", readOnly: /:ro\b/.test(value) };
}

/** `--rootfs PATH[:O]` and `Rootfs=`. */
export function rootfs(value: string): ServiceMount {
  const [path = value, ...options] = value.split(":");
  const flags = options.join(":").split(",");
  const source: VolumeSource = flags.includes("O") ? overlay(flags) : { kind: "rootfs", path };
  return { source, name: path, target: "/", readOnly: false };
}

/** `--mount type=…,source=…,target=…` and `Mount=`. */
export function mountOption(value: string): ServiceMount {
  const options: Record<string, string> = {};
  for (const part of csv(value)) {
    const [key = "", ...rest] = part.trim().split("=");
    const isDriverOption = key === "volume-opt" && rest.length > 1;
    const name = isDriverOption ? `volume-opt ${rest.shift() ?? ""}` : key;
    options[name.toLowerCase()] = rest.length === 0 ? "true" : rest.join("=");
  }
  const type = (options.type ?? "volume").toLowerCase();
  const source = options.source ?? options.src ?? "";
  const target = options.target ?? options.destination ?? options.dst ?? "";
  const readOnly = isSet(options.ro) || isSet(options.readonly) || options.rw === "false";
  return {
    source: mountSource(type, source, options),
    name: source === "" ? target : source,
    target,
    readOnly,
  };
}

/** The fields of a line of comma-separated values; those in quotes may hold commas. */
function csv(line: string): readonly string[] {
  return (line.match(/("[^"]*"|[^,"])+/g) ?? []).map((field) => field.replaceAll('"', ""));
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && !/^(false|0|no)$/i.test(value);
}

/** True for a volume that the mount itself makes on network storage. */
function isNetwork(options: Readonly<Record<string, string>>): boolean {
  const driver = options["volume-driver"] ?? "local";
  return driver === "local"
    ? networkTypes.test(options["volume-opt type"] ?? "")
    : networkVolumePlugins.test(driver);
}

function overlaid(options: Readonly<Record<string, string>>): VolumeSource {
  return overlay(options.upperdir === undefined ? [] : [`upperdir=${options.upperdir}`]);
}

function mountSource(type: string, source: string, options: Readonly<Record<string, string>>): VolumeSource {
  switch (type) {
    case "tmpfs":
    case "ramfs":
    case "devpts":
      return { kind: "ephemeral", as: type };
    case "image":
    case "artifact":
      // An image mount may be writable, but what is written goes with the container.
      return { kind: "config", as: type };
    case "bind":
    case "glob":
      if (source === "") return unknown("its bind states no source");
      if (isSet(options.overlay) || isSet(options.o)) return overlaid(options);
      return { kind: "bind", path: toldPath(source) };
    case "overlay":
      return overlaid(options);
    case "volume":
      if (isSet(options.overlay) || isSet(options.o)) return overlaid(options);
      if (isNetwork(options)) return { kind: "network", as: options["volume-opt type"] ?? "volume" };
      if (hasVariable(source)) return sourceOf(source);
      return source === "" ? { kind: "anonymous" } : sourceOf(source);
    default:
      return unknown(`its type ${type} is not known`);
  }
}
