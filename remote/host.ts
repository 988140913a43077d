import { z } from "zod";
import type { ConnectionArgs } from "./connection-args";
import { RemoteError } from "../packages/errors";
import { runScript } from "./run";

const factsSchema = z.strictObject({
  /** e.g. `Debian GNU/Linux 13 (trixie)`. */
  os: z.string(),
  /** As `uname -m` says, e.g. `x86_64`. */
  arch: z.string(),
  kernel: z.string(),
  memoryBytes: z.number(),
  /** Version, or empty. */
  podman: z.string(),
  /** Whether podman's generator for quadlets is there. */
  quadlet: z.boolean(),
  /** Version, or 0. */
  systemd: z.number(),
  cgroup: z.enum(["v1", "v2"]),
  nft: z.boolean(),
  curl: z.boolean(),
  clockSynchronized: z.boolean(),
});

/** What agent/host.sh prints. */
export type HostFacts = z.infer<typeof factsSchema>;

/**
 * Reads what host.sh printed.
 * @throws RemoteError naming the node when it is something else.
 */
export function parseFacts(node: string, stdout: string): HostFacts {
  let raw: unknown;
  try {
    raw = JSON.parse(stdout.trim());
  } catch {
    raw = undefined;
  }
  const parsed = factsSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new RemoteError(
    `${node}: its answer about itself cannot be read (${JSON.stringify(stdout.slice(0, 120))}): bash, sed, tr and awk must be there.`,
  );
}

/** What a host says of itself. It only looks. */
export async function askHost(connection: ConnectionArgs, signal: AbortSignal): Promise<HostFacts> {
  const { stdout } = await runScript(connection, "host", { timeoutSeconds: 30, signal });
  return parseFacts(connection.node, stdout);
}

/** What a host has lost since it was asked: a sentence each. Another version, or more memory, is no loss. */
export function lost(node: string, before: HostFacts, now: HostFacts): string[] {
  const gone = (["podman", "systemd", "quadlet", "nft", "curl"] as const).filter(
    (part) => Boolean(before[part]) && !now[part],
  );
  const said = gone.map((part) => `${nameOf[part]} is not there any more on ${node}.`);
  for (const part of ["podman", "systemd"] as const) {
    if (now[part] && before[part] && parseInt(String(now[part]), 10) < parseInt(String(before[part]), 10))
      said.push(`${part} on ${node} is ${now[part]} now; it was ${before[part]}.`);
  }
  if (now.memoryBytes < before.memoryBytes * 0.9) said.push(`${node} has less memory than it had.`);
  if (now.cgroup === "v1" && before.cgroup === "v2")
    said.push(`Control groups on ${node} are version 1 now.`);
  return said;
}

const nameOf = {
  ...{ podman: "podman", systemd: "systemd", nft: "nft", curl: "curl" },
  quadlet: "podman's generator for quadlets",
};
