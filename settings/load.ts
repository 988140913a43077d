import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { z } from "zod";
import { problems } from "../packages/errors";
import {
  clientsOfPools,
  natsUsersOf,
  schemasOn,
  strict,
  type Services,
  type ServiceSettings,
} from "../services";
import type { NodeName } from "../topology";
import { migrationsSchema, type MigrationsSettings } from "./migration";

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

/** The stack's configuration is wrong: one message per problem, each with the key, the value and what is allowed. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  constructor(readonly sentences: readonly string[]) {
    super(sentences.join("\n"));
  }
}

/** What the loader asks of the machine that runs Pulumi. */
export interface Environment {
  home: string;
  exists: (path: string) => boolean;
}

export const common = {
  topology: z
    .string()
    .min(1, "must be a path")
    .default("topology.yaml")
    .describe("path of the topology file, from the project's folder"),
  sshIdentity: z
    .string()
    .min(1, "must be a path")
    .optional()
    .describe(
      "path of the private key for SSH on the machine that runs Pulumi; `~/` is its home; it must have no passphrase; or `agent` for what the SSH agent holds. Left out: `~/.ssh/id_ed25519` where that exists, else the SSH agent is asked",
    ),
};
const schemaOf = (stack: NodeName, services?: Services) =>
  strict({
    ...common,
    ...schemasOn(stack, services),
    ...(stack === "storage" ? { migrations: migrationsSchema.prefault({}) } : {}),
  });

/**
 * Reads a stack's `homelab:…` configuration.
 * @param stack the stack's name, which is its node's.
 * @param all every configuration value by its full key, as `pulumi.runtime.allConfig()` gives it: objects as JSON.
 * @param services of which it is the configuration. @default those of the house
 * @throws SettingsError listing every mistake at once.
 */
export function loadSettings<S extends NodeName>(
  stack: S,
  all: Readonly<Record<string, string>>,
  around: Environment = { home: homedir(), exists: existsSync },
  services?: Services,
): SettingsOf[S] {
  const raw = Object.fromEntries(
    Object.entries(all)
      .filter(([key]) => key.startsWith("homelab:"))
      .map(([key, value]) => [key.slice("homelab:".length), valueOf(value)]),
  );
  const parsed = schemaOf(stack, services).safeParse(raw);
  if (!parsed.success) throw new SettingsError(sentences(parsed.error, raw));
  const sshIdentity = identity(parsed.data.sshIdentity, around);
  return withAgents({ ...parsed.data, sshIdentity } as unknown as SettingsOf[S]);
}

/** Pools of agents are users of NATS and clients of the gateway, as if they stood there. */
function withAgents<S extends CommonSettings>(settings: S): S {
  const { agents, nats, inference } = settings as Partial<DesktopSettings>;
  if (agents === undefined || nats === undefined || inference === undefined) return settings;
  return {
    ...settings,
    nats: { ...nats, users: { ...nats.users, ...natsUsersOf(agents) } },
    inference: { ...inference, clients: { ...inference.clients, ...clientsOfPools(agents) } },
  };
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
  { home, exists }: Environment = { home: homedir(), exists: existsSync },
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
  if (["password", "offNode", "token", "authKey", "apiKey", "webhook", "discord", "heartbeat"].includes(key))
    return "[secret]";
  if (
    !["offNodeEnvironment", "secrets", "secretFiles"].includes(key) ||
    typeof value !== "object" ||
    value === null
  )
    return value;
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
