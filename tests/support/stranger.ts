import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { portsOf } from "../../services";
import { loadSettings } from "../../settings";
import type { NodeName } from "../../topology";
import { labTopology, onNode } from "./lab";

/** A machine on the LAN that is none of the house's, and what it finds open. */

export interface Listening {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
}

/** Runs a command as the stranger. */
export function asStranger(command: string): string {
  return execFileSync(join(__dirname, "../../lab/stranger"), ["bash", "-c", command], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 120_000,
  });
}

const key = ({ protocol, port }: Listening) => `${protocol}/${port}`;

/** Everything of a node that a packet from outside may reach: sockets of both families, and ports that are forwarded. */
export function listening(node: NodeName): Listening[] {
  const said = onNode(
    node,
    // Ports that podman, kube-proxy or a pod's hostPort forward: in nft's own rules, or in those that iptables wrote.
    "ss -Hlntu; nft list ruleset | grep -E 'dnat|DNAT|redirect' | sed 's/^/rule /'; iptables-save 2>/dev/null | grep -E 'DNAT|KUBE-NODEPORTS|CNI-DN' | sed 's/^/rule /' || true",
  );
  const found = new Map<string, Listening>();
  const add = (one: Listening) => found.set(key(one), one);
  for (const line of said.split("\n")) {
    const socket = /^(tcp|udp)\s+\S+\s+\d+\s+\d+\s+(\S+):(\d+)\s/.exec(line);
    if (socket !== null) {
      const [, protocol = "", address = "", port = ""] = socket;
      if (!/^(127\.|\[::1\])/.test(address)) add({ protocol: protocol as "tcp" | "udp", port: Number(port) });
    }
    if (!line.startsWith("rule ")) continue;
    for (const [, protocol = "tcp", one, many] of line.matchAll(
      /(tcp|udp)(?: -m \w+)? (?:dport|--dport) (?:(\d+)|\{ ([\d, ]+) \})/g,
    )) {
      for (const port of (one ?? many ?? "").split(", ")) {
        if (port !== "") add({ protocol: protocol as "tcp" | "udp", port: Number(port) });
      }
    }
  }
  return [...found.values()].sort((a, b) => a.port - b.port);
}

/** What of a node everybody may reach: SSH, the owner's own door, and what its stack file switches on for anyone (the mesh's own). */
export function meantForAll(node: NodeName): Listening[] {
  const file = join(__dirname, `../../lab/state/Pulumi.${node}.yaml`);
  const { config } = parse(readFileSync(file, "utf8")) as { config: Record<string, unknown> };
  const texts = Object.entries(config).map(([name, value]) => [
    name,
    typeof value === "string"
      ? value
      : JSON.stringify(value).replace(/\{"secure":"[^"]*"\}/g, '"of-no-matter"'),
  ]);
  const settings = loadSettings(node, Object.fromEntries(texts) as Record<string, string>);
  const declared = portsOf(node, settings).filter(({ from }) => from === "anyone");
  return [
    { protocol: "tcp" as const, port: labTopology().nodes[node].ssh.port },
    ...declared.map(({ protocol = "tcp", port }) => ({ protocol, port })),
  ].sort((a, b) => a.port - b.port);
}

/** The node's addresses on the LAN, of both families. */
export function addresses(node: NodeName): string[] {
  const six = /inet6 (fe80:[0-9a-f:]+)\//.exec(onNode(node, "ip -6 addr show dev eth0 scope link"))?.[1];
  return [labTopology().nodes[node].address, ...(six === undefined ? [] : [`${six}%eth0`])];
}

/**
 * What of a node is open to the stranger. A datagram is not answered by whoever takes it: a UDP port counts as open
 * unless the house's rules counted the one that was sent there.
 */
export function openToStranger(node: NodeName): Listening[] {
  const all = listening(node);
  const at = addresses(node);
  const tcp = all.filter(({ protocol }) => protocol === "tcp");
  const ask = at.flatMap((address) =>
    tcp.map(
      ({ port }) => `(timeout 3 bash -c '</dev/tcp/${address}/${port}' 2>/dev/null && echo tcp/${port}) &`,
    ),
  );
  const open = new Set(asStranger(`${ask.join("\n")}\nwait`).split("\n"));
  const dropped = (port: number) =>
    Number(
      new RegExp(`udp dport ${port} counter packets (\\d+)`).exec(
        onNode(node, "nft list table inet homelab"),
      )?.[1] ?? -1,
    );
  for (const { protocol, port } of all) {
    if (protocol === "tcp") continue;
    const before = dropped(port);
    asStranger(at.map((address) => `echo >/dev/udp/${address}/${port}`).join("\n"));
    if (before < 0 || dropped(port) < before + at.length) open.add(`udp/${port}`);
  }
  return all.filter((one) => open.has(key(one)));
}
