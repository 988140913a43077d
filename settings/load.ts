import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { z } from "zod";
import { problems } from "../packages/errors";
import {
  alertsProblems,
  computeProblems,
  keeperProblems,
  keptFiles,
  portProblems,
  scheduleProblems,
  schemasOn,
  strict,
  type ServiceSettings,
} from "../services";
import { isAlwaysOn, type Node, type NodeName, type Topology } from "../topology";
import { memoryProblems, minioProblems, postgresProblems } from "./checks";
import { migrationProblems, migrationsSchema, type MigrationsSettings } from "./migration";

/** Settings that every stack has. */
export interface CommonSettings {
  /** Path of the topology file. @default topology.yaml */
  topology: string;
  /** Path of the private key for SSH, or `agent`: the SSH agent is asked. @default ~/.ssh/id_ed25519 where it exists */
  sshIdentity: string | undefined;
}

export type StorageSettings = CommonSettings &
  ServiceSettings<"storage"> & { migrations: MigrationsSettings };
export type DesktopSettings = CommonSettings & ServiceSettings<"desktop">;
export type ComputeStackSettings = CommonSettings & ServiceSettings<"compute">;
/** Settings of the stacks whose node may be an agent of the cluster. */
export type AgentSettings = DesktopSettings | ComputeStackSettings;

/** A stack's settings by the stack's name. */
export interface SettingsOf {
  storage: StorageSettings;
  desktop: DesktopSettings;
  compute: ComputeStackSettings;
}

/** The stack's configuration is wrong: one sentence a mistake, each with the key, the value and what is allowed. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  constructor(readonly sentences: readonly string[]) {
    super(sentences.join("\n"));
  }
}

/** What the loader asks of the machine that runs Pulumi. */
export interface Surroundings {
  home: string;
  exists: (path: string) => boolean;
}

const common = {
  topology: z.string().min(1, "must be a path").default("topology.yaml"),
  sshIdentity: z.string().min(1, "must be a path").optional(),
};
const schemas = {
  storage: strict({ ...common, ...schemasOn("storage"), migrations: migrationsSchema.prefault({}) }),
  desktop: strict({ ...common, ...schemasOn("desktop") }),
  compute: strict({ ...common, ...schemasOn("compute") }),
};

/**
 * Reads a stack's `homelab:…` configuration.
 * @param stack the stack's name, which is its node's.
 * @param all every configuration value by its full key, as `pulumi.runtime.allConfig()` gives it: objects as JSON.
 * @throws SettingsError listing every mistake at once.
 */
export function loadSettings<S extends NodeName>(
  stack: S,
  all: Readonly<Record<string, string>>,
  around: Surroundings = { home: homedir(), exists: existsSync },
): SettingsOf[S] {
  const raw = Object.fromEntries(
    Object.entries(all)
      .filter(([key]) => key.startsWith("homelab:"))
      .map(([key, value]) => [key.slice("homelab:".length), valueOf(value)]),
  );
  const parsed = schemas[stack].safeParse(raw);
  if (!parsed.success) throw new SettingsError(sentences(parsed.error, raw));
  const sshIdentity = identity(parsed.data.sshIdentity, around);
  return { ...parsed.data, sshIdentity } as SettingsOf[S];
}

/**
 * What only the settings and their node together can show.
 * @throws SettingsError listing every mistake at once.
 */
export function checkStorage(settings: StorageSettings, node: Node, desktop: Node): void {
  const found = [
    ...(settings.postgres.replica.enabled && !isAlwaysOn(desktop)
      ? [
          `homelab:postgres.replica.enabled is true: it must be false, because a standby keeps data and ${desktop.name} is ${desktop.lifecycle} in the topology.`,
        ]
      : []),
    ...postgresProblems(settings.postgres, node),
    ...migrationProblems(settings.migrations, settings.postgres),
    ...minioProblems(settings.minio),
    ...alertsProblems(settings.alerts, settings.metrics.enabled),
    ...(["prometheus", "postgresExporter", "logs"] as const).flatMap((key) =>
      settings[key].enabled && !settings.metrics.enabled
        ? [`homelab:${key}.enabled is true: homelab:metrics.enabled must be true for it.`]
        : [],
    ),
    ...portProblems(node, settings),
    ...(settings.backup.files || (settings.backup.offNode === "" && settings.backup.paths.length === 0)
      ? []
      : [
          "homelab:backup.files is false: it must be true for homelab:backup.offNode and homelab:backup.paths.",
        ]),
    ...(settings.backup.files ? [] : keptFiles(node.name, settings)).map(
      (path) =>
        `homelab:backup.files is false: it must be true, because a service keeps data in ${path}, which is backed up with the files.`,
    ),
    ...(Object.keys(settings.backup.offNodeEnvironment).length > 0 &&
    ["", "desktop"].includes(settings.backup.offNode)
      ? [
          "homelab:backup.offNodeEnvironment is set: it must be empty, unless homelab:backup.offNode is a repository of your own, which it belongs to.",
        ]
      : []),
  ];
  if (found.length > 0) throw new SettingsError(found);
}

/**
 * The same for compute.
 * @throws SettingsError listing every mistake at once.
 */
export function checkCompute(settings: ComputeStackSettings, node: Node): void {
  const found = [...computeProblems(settings.compute, settings.k3s.enabled), ...portProblems(node, settings)];
  if (found.length > 0) throw new SettingsError(found);
}

/**
 * What the settings of waking and sleeping, and the topology, together show.
 * @throws SettingsError listing every mistake at once.
 */
export function checkPower(
  settings: StorageSettings | AgentSettings,
  name: NodeName,
  topology: Topology,
): void {
  const found =
    "wake" in settings.power
      ? keeperProblems(settings.power, topology)
      : scheduleProblems(settings.power, topology.nodes[name]);
  if (found.length > 0) throw new SettingsError(found);
}

/**
 * The same for desktop.
 * @throws SettingsError listing every mistake at once.
 */
export function checkDesktop(settings: DesktopSettings, node: Node): void {
  const { replica, alerts } = settings;
  const found = [
    ...(!replica.enabled || isAlwaysOn(node)
      ? []
      : [
          `homelab:replica.enabled is true: it must be false, because a standby keeps data and ${node.name} is ${node.lifecycle} in the topology.`,
        ]),
    ...(!alerts.enabled || isAlwaysOn(node)
      ? []
      : [
          `homelab:alerts.enabled is true: it must be false, because who watches must be there, and ${node.name} is ${node.lifecycle} in the topology.`,
        ]),
    ...(replica.enabled ? memoryProblems(replica, node, "homelab:replica") : []),
    ...alertsProblems(alerts, settings.metrics.enabled),
    ...portProblems(node, settings),
  ];
  if (found.length > 0) throw new SettingsError(found);
}

/** Objects arrive as JSON; a path or a name is no JSON and stays text. */
function valueOf(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const usualIdentity = "~/.ssh/id_ed25519";

/** Given back as it was written: an absolute path would differ from machine to machine, and so in every state. */
export function identity(
  given: string | undefined,
  { home, exists }: Surroundings = { home: homedir(), exists: existsSync },
): string | undefined {
  const there = (path: string) => exists(resolve(path.replace(/^~(?=\/)/, home)));
  if (given === undefined) return there(usualIdentity) ? usualIdentity : undefined;
  if (given === "agent") return undefined;
  if (there(given)) return given;
  throw new SettingsError([
    `homelab:sshIdentity is "${given}": it must be the path of a private key on this machine, and no such file exists, or agent, for what the SSH agent holds.`,
  ]);
}

/** Of JSON.stringify: what may hold a password is told by its kind alone. */
function withoutSecrets(key: string, value: unknown): unknown {
  if (["password", "offNode", "token", "webhook", "discord", "heartbeat"].includes(key)) return "[secret]";
  if (key !== "offNodeEnvironment" || typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.keys(value).map((name) => [name, "[secret]"]));
}

function sentences(error: z.ZodError, given: unknown): string[] {
  // Whatever is wrong with it, a secret must not stand in a sentence.
  const raw = JSON.parse(JSON.stringify(given, withoutSecrets)) as unknown;
  return error.issues
    .flatMap((issue) => {
      const at = (key?: string) => [...issue.path, ...(key === undefined ? [] : [key])].map(String).join(".");
      if (issue.code === "unrecognized_keys") return issue.keys.map((key) => `${at(key)} ${issue.message}.`);
      if (issue.code === "invalid_key") {
        const name = String(issue.path.at(-1));
        return issue.issues.slice(0, 1).map((inner) => `${at()}: the name "${name}" ${inner.message}.`);
      }
      return problems(new z.ZodError([issue]), raw);
    })
    .map((sentence) => `homelab:${sentence}`);
}
