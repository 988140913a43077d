/** Quadlets: podman's systemd units for containers, pods, volumes, builds and kube files. */
import { unknown } from "../../../engine/facts";
import type { Container, NodeRequirement, Placement, Volume } from "../../../engine/facts";
import { anywhere } from "../../../engine/facts";
import { ephemeralFrom } from "../../ephemeral";
import { readVolumeArguments } from "../../shell/commands";
import { mountOption, readAllArguments, rootfs } from "../../shell/run";
import type { RunArguments } from "../../shell/run";
import { splitWords } from "../../shell/words";
import { mountVolumes, shortMount } from "../compose/volumes";
import type { ServiceMount } from "../compose/volumes";
import { beside, origin } from "../context";
import type { FileContext } from "../context";
import { parseYaml } from "../yaml";
import { readPlayed } from "./kube";
import { readUnit } from "./unit";
import type { Quadlet, Stated } from "./unit";

const sections: Readonly<Record<Quadlet["kind"], string>> = {
  container: "Container",
  volume: "Volume",
  pod: "Pod",
  kube: "Kube",
  build: "Build",
  network: "Network",
  image: "Image",
  artifact: "Artifact",
  service: "Service",
};

/** What keeps a quadlet from being one, or undefined. */
export function whyNotQuadlet(unit: Quadlet): string | undefined {
  const section = sections[unit.kind];
  return unit.has(section) || unit.kind === "volume" || unit.kind === "network" || unit.kind === "pod"
    ? undefined
    : `it has no [${section}] section`;
}

/** Reads a quadlet into the facts. */
export function readQuadlet(unit: Quadlet, context: FileContext): void {
  switch (unit.kind) {
    case "container": {
      addContainer(unit, context);
      return;
    }
    case "pod": {
      addWorkload(unit, "Pod", mountsOf(unit, "Pod"), [], context);
      return;
    }
    case "build": {
      addWorkload(unit, "Build", mountsOf(unit, "Build"), [], context);
      return;
    }
    case "volume": {
      addVolume(unit, context);
      return;
    }
    case "kube": {
      addKube(unit, context);
      return;
    }
    case "network":
    case "image":
    case "artifact":
    case "service":
      return;
  }
}

interface Mounted extends ServiceMount {
  readonly file: string;
}

function addContainer(unit: Quadlet, context: FileContext): void {
  const mounts = mountsOf(unit, "Container");
  const inPod = mountsOfPod(unit, context);
  const container = containerOf(unit, context);
  addWorkload(unit, "Container", [...mounts, ...inPod], container === undefined ? [] : [container], context);
}

function addWorkload(
  unit: Quadlet,
  section: string,
  mounts: readonly Mounted[],
  containers: readonly Container[],
  context: FileContext,
): void {
  addVolumesBeside(unit, mounts, context);
  const ephemeral = declared(unit, section);
  const name = containers[0]?.name ?? unit.stem;
  context.facts.workloads.push({
    origin: origin(context, `unit ${unit.name}`),
    engine: "containers",
    placement: hostCondition(unit),
    volumes: mounts.flatMap((mount) =>
      mountVolumes([mount], name).map((volume): Volume => ({ ...volume, file: mount.file })),
    ),
    containers,
    ...(ephemeral === undefined ? {} : { ephemeral }),
  });
}

/** Volume units that a unit uses, stand beside it and are not judged by themselves. */
function addVolumesBeside(unit: Quadlet, mounts: readonly Mounted[], context: FileContext): void {
  for (const { source } of mounts) {
    if (source.kind !== "named" || !source.name.endsWith(".volume")) continue;
    const path = beside(unit.path, source.name);
    const text = context.isGiven?.(path) === false ? context.lookup(path) : undefined;
    if (text === undefined) continue;
    const inner = { ...context, path };
    addVolume(readUnit(text, "volume", inner), inner, false);
  }
}

function mountsOf(unit: Quadlet, section: string): readonly Mounted[] {
  const read = (key: string, mount: (value: string) => ServiceMount): Mounted[] =>
    unit.all(section, key).map(({ value, file }) => ({ ...mount(value), file }));
  return [
    ...read("Volume", (value) => shortMount(unquoted(value))),
    ...read("Mount", (value) => mountOption(unquoted(value))),
    ...read("Tmpfs", (value) => {
      const target = unquoted(value).split(":")[0] ?? "";
      return { source: { kind: "ephemeral", as: "tmpfs" }, name: target, target, readOnly: false };
    }),
    ...read("Rootfs", (value) => rootfs(unquoted(value))),
    ...argumentMounts(unit, section),
  ];
}

/** What podman's own arguments are of, by section. */
const commands: Readonly<Record<string, string>> = { Pod: "pod create", Build: "build", Kube: "kube play" };

function argumentsOf(unit: Quadlet, section: string, lines?: readonly Stated[]): RunArguments {
  const stated = lines ?? unit.all(section, "PodmanArgs");
  const words = stated.flatMap(({ value }) => splitWords(value));
  return readAllArguments(words, "podman", commands[section] ?? "run");
}

/** Mounts among the arguments; one whose option and value are on two lines stands in the unit's own file. */
function argumentMounts(unit: Quadlet, section: string): readonly Mounted[] {
  const lines = unit.all(section, "PodmanArgs");
  const key = ({ name, target }: ServiceMount): string => `${name} ${target}`;
  const single = lines.flatMap((line) =>
    argumentsOf(unit, section, [line]).mounts.map((mount) => ({ ...mount, file: line.file })),
  );
  const files = new Map(single.map((mount) => [key(mount), mount.file]));
  return argumentsOf(unit, section).mounts.map((mount) => ({
    ...mount,
    file: files.get(key(mount)) ?? unit.path,
  }));
}

function unquoted(value: string): string {
  const words = /["']/.test(value) ? splitWords(value) : [];
  return words.length > 0 ? words.join(" ") : value;
}

function mountsOfPod(unit: Quadlet, context: FileContext): readonly Mounted[] {
  const name = unit.last("Container", "Pod");
  if (name?.endsWith(".pod") !== true) return [];
  const path = beside(unit.path, name);
  const text = context.lookup(path);
  const mounts = text === undefined ? [] : mountsOf(readUnit(text, "pod", { ...context, path }), "Pod");
  if (context.isGiven?.(path) !== true) return mounts;
  // The pod's own unit answers for them.
  return mounts.map((mount) => ({
    ...mount,
    source: { kind: "ephemeral", as: "judged with its pod" } as const,
  }));
}

function containerOf(unit: Quadlet, context: FileContext): Container | undefined {
  const stated = unit.last("Container", "Image");
  if (stated === undefined) return undefined;
  const image = stated.endsWith(".image") ? (imageOf(stated, unit, context) ?? stated) : stated;
  const words = argumentsOf(unit, "Container");
  const env: Record<string, string> = { ...words.env };
  for (const { value } of unit.all("Container", "Environment")) Object.assign(env, pairs(value));
  const entrypoint = unit.last("Container", "Entrypoint") ?? words.entrypoint;
  const exec = unit.last("Container", "Exec");
  return {
    name: unit.last("Container", "ContainerName") ?? unit.stem,
    image,
    role: "main",
    ...(entrypoint === undefined ? {} : { entrypoint: splitWords(entrypoint) }),
    ...(exec === undefined ? {} : { args: splitWords(exec) }),
    ...(words.imageVolumes === undefined ? {} : { imageVolumes: words.imageVolumes }),
    env: { ...env, ...secrets(unit) },
    envFrom: [],
  };
}

/** The image that an image unit beside names. */
function imageOf(name: string, unit: Quadlet, context: FileContext): string | undefined {
  const path = beside(unit.path, name);
  const text = context.lookup(path);
  return text === undefined
    ? undefined
    : readUnit(text, "image", { ...context, path }).last("Image", "Image");
}

/** Secrets given as variables: their values cannot be seen. */
function secrets(unit: Quadlet): Container["env"] {
  const env: Record<string, { kind: "reference"; to: string }> = {};
  for (const { value } of unit.all("Container", "Secret")) {
    if (!/(^|,)type=env(,|$)/.test(value)) continue;
    const secret = value.split(",")[0] ?? "";
    env[/(?:^|,)target=([^,]+)/.exec(value)?.[1] ?? secret] = { kind: "reference", to: `secret ${secret}` };
  }
  return env;
}

function pairs(line: string): Record<string, string> {
  const map: Record<string, string> = {};
  for (const word of splitWords(line)) {
    const [key = "", ...rest] = word.split("=");
    map[key] = rest.join("=");
  }
  return map;
}

function declared(unit: Quadlet, section: string): ReturnType<typeof ephemeralFrom> {
  const maps = ["Annotation", "Label"].flatMap((key) =>
    unit.all(section, key).map(({ value }) => pairs(value)),
  );
  const words = argumentsOf(unit, section);
  return ephemeralFrom(Object.assign({}, ...maps, words.labels));
}

/** `ConditionHost=` and `AssertHost=` are what a unit has to state a node. */
export function hostCondition(unit: Quadlet): Placement {
  const requirements = ["ConditionHost", "AssertHost"].flatMap((key) =>
    unit.all("Unit", key).flatMap(({ value }): NodeRequirement[] => {
      const name = value.replace(/^[|!]+/, "").trim();
      if (value.startsWith("|") || /[*?[\]]/.test(name)) return [];
      return [
        { key: "kubernetes.io/hostname", operator: value.startsWith("!") ? "NotIn" : "In", values: [name] },
      ];
    }),
  );
  return requirements.length === 0 ? anywhere : { ...anywhere, required: [[requirements]] };
}

/** @param makesItself false for one that is judged where it is used, since nobody gave it */
function addVolume(unit: Quadlet, context: FileContext, makesItself = true): void {
  const name = unit.last("Volume", "VolumeName");
  const ephemeral = declared(unit, "Volume");
  const options: Record<string, string> = {};
  const set = (key: string, value: string | undefined): void => {
    if (value !== undefined) options[key] = value;
  };
  set("type", unit.last("Volume", "Type"));
  set("device", unit.last("Volume", "Device"));
  set("o", unit.last("Volume", "Options"));
  const words = unit.all("Volume", "PodmanArgs").flatMap(({ value }) => splitWords(value));
  const told = readVolumeArguments(words, "podman");
  const driver = told.driver === "local" ? (unit.last("Volume", "Driver") ?? "local") : told.driver;
  Object.assign(options, told.options);
  context.facts.namedVolumes.push({
    origin: origin(context, `unit ${unit.name}`),
    names: [unit.name, name ?? `systemd-${unit.stem}`],
    driver,
    options,
    external: false,
    makesItself,
    placement: hostCondition(unit),
    ...(ephemeral === undefined ? {} : { ephemeral }),
  });
}

/** A kube unit plays a manifest: what stands in that is judged as the unit's. */
function addKube(unit: Quadlet, context: FileContext): void {
  const missing: Mounted[] = [];
  for (const { value, file } of unit.all("Kube", "Yaml")) {
    const path = unquoted(value);
    const text = context.lookup(beside(unit.path, path));
    const parsed = text === undefined ? undefined : parseYaml(text);
    if (parsed === undefined || "error" in parsed) {
      const why = `the file ${path} it plays ${parsed === undefined ? "was not found" : "cannot be read"}`;
      missing.push({ source: unknown(why), name: path, target: "", readOnly: false, file });
      continue;
    }
    readPlayed(parsed.documents, hostCondition(unit), { ...context, path: unit.path });
  }
  addWorkload(unit, "Kube", missing, [], context);
}
