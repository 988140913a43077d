/** Shell texts: containers, volumes, quadlets and databases that a command sets up. */
import type { FactsBuilder, Origin, Placement } from "../../engine/facts";
import { ephemeralFrom } from "../ephemeral";
import { mountVolumes } from "../files/compose/volumes";
import { readOptions } from "./options";
import { readRunArguments } from "./run";
import type { Tool } from "./switches/switches";
import { splitWords } from "./words";

/** Commands of a text, one string each: continued lines joined, split at ; && || | and line ends. */
function commandsOf(text: string): readonly string[] {
  const joined = text.replace(/\\\r?\n/g, " ");
  const commands: string[] = [];
  let current = "";
  let quote = "";
  for (let index = 0; index < joined.length; index += 1) {
    const char = joined[index] ?? "";
    if (char === "\\") {
      current += char + (joined[(index += 1)] ?? "");
      continue;
    }
    if (quote === "" && /[\n;|&]/.test(char)) {
      commands.push(current);
      current = "";
      continue;
    }
    if (quote !== "" ? char === quote : char === "'" || char === '"') quote = quote === "" ? char : "";
    current += char;
  }
  return [...commands, current].map((command) => command.trim()).filter((command) => command !== "");
}

/** A container tool, by its path or by a variable that names it. */
const tool = /^(.*\/)?(podman(-remote)?|docker|nerdctl)$|^\$\{\w+:?-(.*\/)?(podman|docker|nerdctl)\}$/;

/** A text within a command, such as what a shell, su or ssh is told to run. */
const nested = /\s/;
const speaksOfTools = /(^|[\s/"'(`;|&])(podman|docker|nerdctl)(-remote)?\s/;

/** Programs that print or compare what they are given, and run none of it. */
const onlySays = /^(.*\/)?(echo|printf|grep|egrep|logger|sed|awk|cat|test|\[|wall|notify-send)$/;

const deepest = 6;

/** Adds the containers and volumes that the commands of a text make with podman, docker or nerdctl. */
export function addRuns(
  text: string,
  origin: Origin,
  placement: Placement,
  facts: FactsBuilder,
  depth = 0,
): void {
  if (depth > deepest) return;
  const from = { origin, placement, facts };
  for (const command of commandsOf(text)) {
    for (const [, one, other] of command.matchAll(/\$\(([^()]*)\)|`([^`]*)`/g)) {
      addRuns(one ?? other ?? "", origin, placement, facts, depth + 1);
    }
    const words = splitWords(command);
    const start = words.findIndex((word, index) => tool.test(word) || isVariableTool(words, index));
    // A text that is handed to another program (sh -c, su -c, ssh) is a line of its own.
    const handed = onlySays.test(words[0] ?? "") ? [] : start < 0 ? words : words.slice(0, start);
    for (const word of handed) {
      if (nested.test(word) && speaksOfTools.test(word)) {
        addRuns(word, origin, placement, facts, depth + 1);
      }
    }
    if (start >= 0) addCommand(words[start] ?? "", words.slice(start + 1), from);
  }
}

/** `$ENGINE run …`: what else would run with such words? */
function isVariableTool(words: readonly string[], index: number): boolean {
  const next = words.slice(index + 1, index + 3).join(" ");
  return (
    /^\$\{?\w+\}?$/.test(words[index] ?? "") &&
    /^(run|create|container (run|create)|volume create) ?/.test(next)
  );
}

interface From {
  readonly origin: Origin;
  readonly placement: Placement;
  readonly facts: FactsBuilder;
}

/** Groups of commands, of which the one that counts comes after. */
const groups = /^(container|volume|pod|service|image|builder|buildx)$/;

function addCommand(name: string, words: readonly string[], { origin, placement, facts }: From): void {
  const program: Tool = name.includes("podman") ? "podman" : "docker";
  const [first = "", ...after] = readOptions(words, program, "").rest;
  const [second = "", ...behind] = groups.test(first) ? after : [first, ...after];
  if (second === "create" && first === "volume") {
    addVolume(behind, program, origin, placement, facts);
    return;
  }
  const isGrouped = first === "pod" || first === "service";
  if (!/^(run|create|build)$/.test(second)) return;
  addContainer(behind, program, isGrouped ? `${first} ${second}` : second, origin, placement, facts);
}

function addContainer(
  words: readonly string[],
  program: Tool,
  command: string,
  origin: Origin,
  placement: Placement,
  facts: FactsBuilder,
): void {
  const read = readRunArguments(words, program, command);
  const { mounts, labels, env, entrypoint, rest, imageVolumes } = read;
  const hasImage = !/^(pod create|build)$/.test(command);
  const [image, ...args] = hasImage ? rest : [];
  const ephemeral = ephemeralFrom(labels);
  const name = image ?? "container";
  facts.workloads.push({
    origin,
    engine: "containers",
    placement,
    volumes: mountVolumes(mounts, name),
    containers:
      image === undefined
        ? []
        : [
            {
              name,
              image,
              role: "main",
              ...(entrypoint === undefined ? {} : { entrypoint: [entrypoint] }),
              ...(args.length > 0 ? { args } : {}),
              ...(imageVolumes === undefined ? {} : { imageVolumes }),
              env,
              envFrom: [],
            },
          ],
    ...(ephemeral === undefined ? {} : { ephemeral }),
  });
}

function addVolume(
  words: readonly string[],
  program: Tool,
  origin: Origin,
  placement: Placement,
  facts: FactsBuilder,
): void {
  const { driver, options, labels, rest } = readVolumeArguments(words, program);
  const ephemeral = ephemeralFrom(labels);
  facts.namedVolumes.push({
    origin,
    names: [rest[0] ?? ""],
    driver,
    options,
    external: false,
    makesItself: true,
    placement,
    ...(ephemeral === undefined ? {} : { ephemeral }),
  });
}

/** Arguments of `volume create`. */
export function readVolumeArguments(
  words: readonly string[],
  program: Tool,
): {
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly rest: readonly string[];
} {
  const driverOptions: Record<string, string> = {};
  const labels: Record<string, string> = {};
  let driver = "local";
  const { options, rest } = readOptions(words, program, "volume create");
  for (const { name, value } of options) {
    const [key = "", ...content] = value.split("=");
    if (name === "--driver" || name === "-d") driver = value;
    if (name === "--opt" || name === "-o") driverOptions[key.toLowerCase()] = content.join("=");
    if (name === "--label" || name === "-l") labels[key] = content.join("=");
  }
  return { driver, options: driverOptions, labels, rest };
}
