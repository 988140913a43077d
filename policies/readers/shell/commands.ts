/** Shell texts: containers, volumes, quadlets and databases that a command sets up. */
import type { FactsBuilder, Origin, Placement } from "../../engine/facts";
import { ephemeralFrom } from "../ephemeral";
import { mountVolumes } from "../files/compose/volumes";
import { readRunArguments } from "./run";
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

const tool = /(^|\/)(podman|docker|nerdctl)$/;

/** Adds the containers and volumes that the commands of a text make with podman, docker or nerdctl. */
export function addRuns(text: string, origin: Origin, placement: Placement, facts: FactsBuilder): void {
  for (const command of commandsOf(text)) {
    const words = splitWords(command);
    const start = words.findIndex((word) => tool.test(word));
    if (start < 0) continue;
    const after = words.slice(start + 1);
    const verb = after.findIndex((word) => /^(run|create|volume|pod)$/.test(word));
    if (verb < 0) continue;
    const rest = after.slice(verb + 1);
    if (after[verb] === "volume") addVolume(rest, origin, placement, facts);
    else
      addContainer(
        /^(create|run)$/.test(rest[0] ?? "") && after[verb] === "pod" ? rest.slice(1) : rest,
        origin,
        placement,
        facts,
      );
  }
}

function addContainer(
  words: readonly string[],
  origin: Origin,
  placement: Placement,
  facts: FactsBuilder,
): void {
  const { mounts, labels, env, entrypoint, rest } = readRunArguments(words);
  const [image, ...args] = rest;
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
              env,
              envFrom: [],
            },
          ],
    ...(ephemeral === undefined ? {} : { ephemeral }),
  });
}

function addVolume(
  words: readonly string[],
  origin: Origin,
  placement: Placement,
  facts: FactsBuilder,
): void {
  if (words[0] !== "create") return;
  const options: Record<string, string> = {};
  let driver = "local";
  let name = "";
  for (let index = 1; index < words.length; index += 1) {
    const word = words[index] ?? "";
    const [option = "", ...inline] = word.split("=");
    if (!word.startsWith("-")) {
      name = word;
      continue;
    }
    const value = word.startsWith("--") && inline.length > 0 ? inline.join("=") : (words[(index += 1)] ?? "");
    if (option === "--driver" || option === "-d") driver = value;
    if (option === "--opt" || option === "-o") {
      const [key = "", ...rest] = value.split("=");
      options[key.toLowerCase()] = rest.join("=");
    }
  }
  facts.namedVolumes.push({
    origin,
    names: [name],
    driver,
    options,
    external: false,
    makesItself: true,
    placement,
  });
}

const servers =
  "postgres(?:ql)?|mysql|mariadb|mongod(?:b)?|redis|valkey|minio|rabbitmq|kafka|elasticsearch|opensearch|etcd|influxdb|clickhouse|cassandra|nats-server|qdrant|grafana|mlflow|prometheus";

const setups: readonly (readonly [RegExp, string])[] = [
  [
    new RegExp(
      `\\b(?:apt(?:-get)?|dnf|yum|zypper|apk|pacman)\\b[^\\n;|&]*\\b(?:install|add|-S\\w*)\\b[^\\n;|&]*?\\b(${servers})(?:-server|-\\d+|\\b)`,
      "i",
    ),
    "it installs $1, which keeps its data on the node",
  ],
  [
    new RegExp(`\\bsystemctl\\b[^\\n;|&]*\\b(?:enable|start|restart)\\b[^\\n;|&]*?\\b(${servers})`, "i"),
    "it starts $1, which keeps its data on the node",
  ],
  [
    /\b(initdb|pg_createcluster|mysql_install_db|mariadb-install-db|mongod\s+--dbpath|minio\s+server)\b/,
    "it sets up a database by $1",
  ],
  [
    /\b(mkfs(?:\.\w+)?|pvcreate|vgcreate|lvcreate|zpool\s+create|mdadm\s+--create)\b/,
    "it makes a place for data by $1",
  ],
];

/** What a text sets up that keeps data and is no container, as a clause; undefined where nothing was found. */
export function whatItSets(text: string): string | undefined {
  for (const [pattern, clause] of setups) {
    const found = pattern.exec(text);
    if (found !== null) return clause.replace("$1", found[1] ?? "");
  }
  return undefined;
}
