import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { policyPart, wholePolicy, type Policy } from "../../components/tailscale-mesh";
import { portsOf } from "../../services";
import { loadSettings } from "../../settings";
import { nodeNames, type NodeName, type Topology } from "../../topology";

/** Stands for a secret that is encrypted in the file: nothing of a policy is made of one. */
const secret = "https://secret.invalid";

/** A value of a stack file as the engine hands it over: an encrypted one is an object with `secure` alone. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const keys = Object.keys(value);
  if (keys.length === 1 && keys[0] === "secure") return secret;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** The `config` of a stack file, as `pulumi.runtime.allConfig()` has it. */
export function configurationIn(text: string): Record<string, string> {
  const { config } = (parse(text) ?? {}) as { readonly config?: Readonly<Record<string, unknown>> | null };
  return Object.fromEntries(
    Object.entries(config ?? {}).map(([key, value]) => {
      const given = plain(value);
      return [key, typeof given === "string" ? given : JSON.stringify(given)];
    }),
  );
}

/** The mesh's policy for Tailscale's service, of the stack files of a folder: only of nodes whose mesh is on. */
export function policyOf(
  topology: Topology,
  read: (node: NodeName) => string,
): { readonly policy: Policy; readonly members: readonly NodeName[] } {
  const parts = nodeNames.flatMap((name) => {
    const settings = loadSettings(name, configurationIn(read(name)), { home: "/", exists: () => true });
    if (!settings.mesh.enabled) return [];
    const ports = portsOf(name, settings);
    return [{ name, part: policyPart(topology.nodes[name], ports, settings.mesh.operators) }];
  });
  return {
    policy: wholePolicy(
      parts.map(({ part }) => part),
      "autogroup:admin",
    ),
    members: parts.map(({ name }) => name),
  };
}

export const stackFile = (folder: string) => (node: NodeName) =>
  readFileSync(join(folder, `Pulumi.${node}.yaml`), "utf8");
