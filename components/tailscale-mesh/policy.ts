import type { OpenPort } from "../../services";
import { nodeNames, type Node, type NodeName } from "../../topology";

/**
 * Who may reach what on the mesh, as Tailscale and headscale read it: made of the ports that services declare, so that the
 * mesh lets in whom the firewall lets in, and nobody else.
 * @see https://tailscale.com/kb/1337/policy-syntax
 */
export interface Grant {
  readonly src: readonly string[];
  readonly dst: readonly string[];
  readonly ip: readonly string[];
}

/** What must hold before a policy comes into force. */
export interface PolicyTest {
  readonly src: string;
  readonly accept?: readonly string[];
  readonly deny?: readonly string[];
}

/** What a node's stack says of the node's own ports. */
export interface PolicyPart {
  readonly grants: readonly Grant[];
  readonly tests: readonly PolicyTest[];
}

export interface Policy extends PolicyPart {
  readonly tagOwners: Readonly<Record<string, readonly string[]>>;
}

/** A node's role, which is its name. */
export const tagOf = (node: NodeName) => `tag:${node}`;

/** From where Pulumi and people log in: SSH of every node is open to it. */
const admin = tagOf("desktop");

const others = (node: NodeName) => nodeNames.filter((name) => name !== node).map(tagOf);

function sources({ from }: OpenPort, node: NodeName, operators: readonly string[]): readonly string[] {
  if (from === "anyone") return ["*"];
  if (from === "nodes") return others(node);
  if (from === "operators") return [...others(node), ...operators];
  return from.filter((name) => name !== node).map(tagOf);
}

/**
 * A node's part of the policy.
 * @param ports that are open on the node.
 * @param operators users, groups and tags of the tailnet that may connect where `operators` may.
 */
export function policyPart(node: Node, ports: readonly OpenPort[], operators: readonly string[]): PolicyPart {
  const ssh = {
    sources: [admin, ...operators].filter((one) => one !== tagOf(node.name)),
    ip: `tcp:${node.ssh.port}`,
  };
  const open = [
    ...(ssh.sources.length === 0 ? [] : [ssh]),
    ...ports
      .filter(({ carries }) => carries !== "mesh")
      .map((port) => ({
        sources: sources(port, node.name, operators),
        ip: `${port.protocol ?? "tcp"}:${port.port}`,
      })),
  ];
  const bySources = new Map<string, { src: readonly string[]; ip: string[] }>();
  for (const { sources: src, ip } of open) {
    if (src.length === 0) continue;
    const known = bySources.get(src.join(" "));
    if (known === undefined) bySources.set(src.join(" "), { src, ip: [ip] });
    else known.ip.push(ip);
  }
  const dst = [tagOf(node.name)];
  return {
    grants: [...bySources.values()].map(({ src, ip }) => ({ src, dst, ip })),
    tests: others(node.name).flatMap((src) => {
      const asked = [...new Set([...open.map(({ ip }) => ip), `tcp:${node.ssh.port}`])].filter((ip) =>
        ip.startsWith("tcp:"),
      );
      const may = (ip: string) =>
        open.some((one) => one.ip === ip && (one.sources.includes(src) || one.sources.includes("*")));
      const named = (which: boolean) =>
        asked.filter((ip) => may(ip) === which).map((ip) => `${tagOf(node.name)}:${ip.slice("tcp:".length)}`);
      const [accept, deny] = [named(true), named(false)];
      return [
        {
          src,
          ...(accept.length === 0 ? {} : { accept }),
          ...(deny.length === 0 ? {} : { deny }),
        },
      ];
    }),
  };
}

/** The whole policy, of the parts of the nodes that are members. */
export const wholePolicy = (parts: readonly PolicyPart[], owner: string): Policy => ({
  tagOwners: tagOwners(owner),
  grants: parts.flatMap(({ grants }) => grants),
  tests: parts.flatMap(({ tests }) => tests),
});

/** Who may give a machine a node's tag. */
export const tagOwners = (owner: string): Policy["tagOwners"] =>
  Object.fromEntries(nodeNames.map((name) => [tagOf(name), [owner]]));
