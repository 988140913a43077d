import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { nodeNames, type NodeName, type Topology } from "../topology";
import { checkSettings } from "./check";
import { loadSettings, SettingsError, type SettingsOf } from "./load";

const file = z.object({ config: z.record(z.string(), z.unknown()).nullish() }).nullish();

/** What stands in the place of a value that only its passphrase opens: of a form that each secret may have, a URL too. */
export const encrypted = "https://secret.invalid";

const isEncrypted = (value: object) =>
  "secure" in value && typeof value.secure === "string" && Object.keys(value).length === 1;

/** A value as Pulumi hands it to a program, as text, without what is encrypted. */
function asText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null && isEncrypted(value)) return encrypted;
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && isEncrypted(inner) ? encrypted : inner,
  );
}

/**
 * The `config` of a stack file, as `pulumi.runtime.allConfig()` has it.
 * @returns undefined for what is no stack file
 */
export function configurationIn(text: string): Record<string, string> | undefined {
  const parsed = file.safeParse(parse(text));
  if (!parsed.success) return undefined;
  return Object.fromEntries(
    Object.entries(parsed.data?.config ?? {}).map(([key, value]) => [key, asText(value)]),
  );
}

/** Of the computer that runs Pulumi, which may be another. */
const ofAnotherComputer = "homelab:sshIdentity";

/**
 * A node's settings from its stack file, for commands that run without Pulumi: no passphrase is needed, so what is
 * encrypted there is not known.
 * @param folder that holds `Pulumi.NODE.yaml`
 * @throws SettingsError with what is wrong, and where
 */
export function loadStackFile<N extends NodeName>(
  node: N,
  folder: string,
  topology: Topology,
): SettingsOf[N] {
  const path = join(folder, `Pulumi.${node}.yaml`);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new SettingsError([
      `${path} cannot be read: the stack files (${nodeNames.map((name) => `Pulumi.${name}.yaml`).join(", ")}) are looked for beside the topology file.`,
    ]);
  }
  const config = configurationIn(text);
  if (config === undefined)
    throw new SettingsError([`${path} is no stack file of Pulumi: it has no map \`config\`.`]);
  const all = Object.entries(config).filter(([key]) => key !== ofAnotherComputer);
  const settings = loadSettings(node, Object.fromEntries(all));
  checkSettings(settings, node, topology);
  return settings;
}
