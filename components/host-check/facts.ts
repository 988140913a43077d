import type { HostFacts } from "../../remote/host";
import { sizeText } from "../../services";
import type { Node } from "../../topology";
import { UserError } from "../user-error";

/** What a host lacks: one sentence each. */
export interface Findings {
  /** Nothing will work without. */
  readonly missing: readonly string[];
  /** Works, with a drawback. */
  readonly doubtful: readonly string[];
}

/** Version 252 (Debian 12) is the oldest that podman 5 comes with. */
const oldestSystemd = 252;
const oldestPodman = 5;
/** Firmware and kernel keep a part of the memory for themselves. */
const visibleMemory = 0.85;

/** Compares a host with what the program needs and the topology says of it. */
export function judge(node: Node, facts: HostFacts): Findings {
  const missing: string[] = [];
  const doubtful: string[] = [];
  const say = (to: string[], sentence: string) => to.push(`${node.name} (${node.address}): ${sentence}`);

  if (facts.os === "Darwin") {
    const way =
      node.name === "desktop" ? ": `homelab desktop compose` renders what runs there (docs/mac.md)" : "";
    say(
      missing,
      `this is a Mac, on which \`pulumi up\` sets nothing up${way}; ${node.name} must be a Linux machine for it.`,
    );
    return { missing, doubtful };
  }
  if (facts.systemd === 0) say(missing, "systemd is missing: use a distribution that runs on it.");
  else if (facts.systemd < oldestSystemd) {
    say(missing, `systemd is version ${facts.systemd}: it must be ${oldestSystemd} or later.`);
  }
  if (facts.podman === "") say(missing, "podman is missing: install it, `apt-get install podman` on Debian.");
  else if (parseInt(facts.podman, 10) < oldestPodman) {
    say(
      missing,
      `podman is version ${facts.podman}: it must be ${oldestPodman}.0 or later, as in Debian 13.`,
    );
  } else if (!facts.quadlet) {
    say(missing, "podman's generator for quadlets is missing: install podman from a package that has it.");
  }
  if (!facts.curl) say(missing, "curl is missing: install it, `apt-get install curl` on Debian.");
  if (!facts.nft) say(missing, "nft is missing: install it, `apt-get install nftables` on Debian.");
  if (facts.memoryBytes < node.memoryBytes * visibleMemory) {
    const seen = sizeText(Math.floor(facts.memoryBytes / 1024 ** 2) * 1024 ** 2);
    say(
      missing,
      `memory is ${seen}, and nodes.${node.name}.memory says ${sizeText(node.memoryBytes)}: correct it in the topology.`,
    );
  }
  if (facts.cgroup === "v1") say(doubtful, "control groups are version 1: limits of containers do not hold.");
  if (!facts.clockSynchronized)
    say(doubtful, "the clock is not synchronized: S3 refuses requests 15 minutes off.");
  return { missing, doubtful };
}

/**
 * Lets a fit host pass.
 * @returns what is doubtful about it.
 * @throws UserError with everything that it lacks.
 */
export function requireFit(node: Node, facts: HostFacts): readonly string[] {
  const { missing, doubtful } = judge(node, facts);
  if (missing.length > 0) throw new UserError(missing.join("\n"));
  return doubtful;
}
