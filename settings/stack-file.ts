import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { nodeNames, type NodeName, type Topology } from "../topology";
import { checkSettings } from "./check";
import { loadSettings, SettingsError, type SettingsOf } from "./load";

const file = z.object({ config: z.record(z.string(), z.unknown()).nullish() });

/** What stands in the place of a value that only its passphrase opens. */
export const encrypted = "[encrypted]";

const isEncrypted = (value: object) =>
  "secure" in value && typeof value.secure === "string" && Object.keys(value).length === 1;

/** Values as Pulumi hands them to a program, as text, without those that are encrypted. */
const asText = (value: unknown): string =>
  typeof value === "string"
    ? value
    : JSON.stringify(value, (_key, inner: unknown) =>
        typeof inner === "object" && inner !== null && isEncrypted(inner) ? encrypted : inner,
      );

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
  const parsed = file.safeParse(parse(text));
  if (!parsed.success)
    throw new SettingsError([`${path} is no stack file of Pulumi: it has no map \`config\`.`]);
  const all = Object.entries(parsed.data.config ?? {})
    // Of the computer that runs Pulumi, which may be another.
    .filter(([key]) => key !== "homelab:sshIdentity")
    .map(([key, value]) => [key, asText(value)]);
  const settings = loadSettings(node, Object.fromEntries(all) as Record<string, string>);
  checkSettings(settings, node, topology);
  return settings;
}
