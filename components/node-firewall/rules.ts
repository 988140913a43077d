import { isIP } from "node:net";

/** A port that only some may reach. */
export interface GuardedPort {
  /** What listens there; shown beside the rule. */
  readonly name: string;
  readonly port: number;
  /** @default tcp */
  readonly protocol?: "tcp" | "udp";
  /** IPv4 or IPv6 addresses beside the node itself. */
  readonly from: readonly string[];
  /**
   * What serves it. A pod's port on the node's address (`hostPort`) is turned to the pod before packets are sorted into
   * the node's own and others, so it is judged earlier. @default program
   */
  readonly servedBy?: "program" | "pod";
}

/**
 * Rules for nftables, loaded as one transaction: the table is made anew in the moment in which the former goes.
 * Only the named ports are judged; everything else, SSH above all, passes on to whatever other tables say.
 * @param own the node's own addresses.
 * @param inside interfaces behind which the node's own pods are; whatever comes by them is let in.
 * @throws Error for a text that is no address, or a port guarded twice.
 * @see nft(8)
 */
export function firewallRules(
  ports: readonly GuardedPort[],
  own: readonly string[],
  inside: readonly string[] = [],
): string {
  const seen = new Set<string>();
  const judged = ({ name, port, from, protocol = "tcp" }: GuardedPort): string[] => {
    if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Error(`${name}: ${port} is no port.`);
    const guarded = `${protocol} dport ${port}`;
    if (seen.has(guarded)) throw new Error(`${name}: port ${port} is guarded twice.`);
    if (!/^[A-Za-z0-9 '._-]{1,64}$/.test(name))
      throw new Error(`${JSON.stringify(name)} is no name for a port.`);
    seen.add(guarded);
    const allowed = [...new Set([...own, ...from])];
    const family = (version: 4 | 6) => allowed.filter((address) => versionOf(address) === version).sort();
    const accept = ([4, 6] as const).flatMap((version) => {
      const addresses = family(version);
      const key = version === 4 ? "ip saddr" : "ip6 saddr";
      return addresses.length === 0 ? [] : [`${guarded} ${key} { ${addresses.join(", ")} } accept`];
    });
    return [
      `# ${name}`,
      ...accept,
      `${guarded} counter ${protocol === "tcp" ? "reject with tcp reset" : "drop"}`,
    ];
  };
  const lines = (kind: GuardedPort["servedBy"]) =>
    ports
      .filter(({ servedBy = "program" }) => servedBy === kind)
      .flatMap(judged)
      .map((rule) => `        ${rule}\n`)
      .join("");
  const [programs, pods] = [lines("program"), lines("pod")];
  for (const name of inside) {
    if (!/^[a-z][a-z0-9.-]{0,14}$/.test(name)) throw new Error(`${JSON.stringify(name)} is no interface.`);
  }
  const interfaces =
    inside.length === 0 ? '"lo"' : `{ ${["lo", ...inside].map((one) => `"${one}"`).join(", ")} }`;
  return `# Written by Pulumi: changes made here are put back.
table inet homelab
delete table inet homelab
table inet homelab {
    chain input {
        type filter hook input priority filter; policy accept;
        iifname ${interfaces} accept
${programs}    }
${pods === "" ? "" : podChain(interfaces, pods)}}
`;
}

/** Before `dstnat`, where a port of the node becomes one of a pod; what is not meant for the node passes. */
const podChain = (interfaces: string, rules: string) => `    chain pods {
        type filter hook prerouting priority dstnat - 10; policy accept;
        iifname ${interfaces} accept
        fib daddr type != local accept
${rules}    }
`;

function versionOf(address: string): 4 | 6 {
  const version = isIP(address);
  if (version !== 4 && version !== 6) throw new Error(`${JSON.stringify(address)} is no IP address.`);
  return version;
}
