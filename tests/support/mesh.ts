import { memberSchema, type MemberSpec } from "../../remote/mesh-member";
import type { NodeName } from "../../topology";
import { labConnection, labTopology, onNode } from "./lab";

/** The lab's mesh, once `lab/mesh on` has made it. */
export const lan = (node: NodeName): string => labTopology().nodes[node].address;
export function meshAddress(node: NodeName): string {
  const { mesh } = labTopology().nodes[node];
  if (mesh === undefined) throw new Error(`${node} is no member: lab/mesh on.`);
  return mesh;
}

export const tailscale = (node: NodeName, command: string) =>
  onNode(node, `podman exec tailscale tailscale ${command}`);
export const headscale = (command: string, input = "") =>
  onNode("storage", `podman exec -i headscale headscale ${command}`, input);

/** A key that nobody made. */
export const madeUpKey = "hskey-auth-000000000000-0000000000000000000000000000000000000000";
/** Where the nodes' keys are made. */
export const coordinator = () => ({ connection: labConnection("storage"), container: "headscale" });
/** A node as the program declares it a member. */
export function memberOf(node: NodeName): MemberSpec {
  const { ControlURL: server } = JSON.parse(tailscale(node, "debug prefs")) as { ControlURL: string };
  return memberSchema.parse({
    ...{ connection: labConnection(node), container: "tailscale", server, coordinator: coordinator() },
    ...{ stateFile: "/var/lib/homelab-tailscale/tailscaled.state", hostname: node, tag: `tag:${node}` },
  });
}

/** A node whose disk was lost, as far as the mesh goes: tailscaled knows nothing of before. */
export const forgetMember = (node: NodeName) =>
  onNode(
    node,
    "systemctl stop tailscale && rm -rf /var/lib/homelab-tailscale/* && systemctl start tailscale",
  );

interface Entry {
  readonly id: number;
  readonly given_name: string;
  readonly ip_addresses: readonly string[];
  readonly online: boolean;
}
/** Of none headscale says `null`. */
export const entries = () => (JSON.parse(headscale("nodes list --output json")) as Entry[] | null) ?? [];
export const entriesOf = (node: NodeName) => entries().filter(({ given_name: name }) => name === node);
export const allOnline = () => (entries().every(({ online }) => online) ? true : undefined);

/** Which of some addresses with ports a node reaches. */
export function reached(from: NodeName, asked: readonly string[]): string[] {
  const each = asked.map((one) => {
    const at = one.lastIndexOf(":");
    return `(timeout 4 bash -c '</dev/tcp/${one.slice(0, at)}/${one.slice(at + 1)}' 2>/dev/null && echo ${one}) &`;
  });
  return onNode(from, `${each.join("\n")}\nwait`)
    .split("\n")
    .filter((line) => line !== "")
    .sort();
}

export interface Grant {
  readonly src: readonly string[];
  readonly dst: readonly string[];
  /** Such as `tcp:22`. */
  readonly ip: readonly string[];
}
export interface LivePolicy {
  readonly tagOwners: Record<string, string[]>;
  readonly grants: readonly Grant[];
  readonly tests: readonly { src: string; accept?: string[]; deny?: string[] }[];
}
/** headscale's policy, as it is in force. */
export const policy = () => JSON.parse(headscale("policy get")) as LivePolicy;

/** What a node may reach by the mesh, as `NODE:PORT`. */
export const granted = (from: NodeName): string[] => [
  ...new Set(
    policy()
      .tests.filter(({ src }) => src === `tag:${from}`)
      .flatMap(({ accept = [] }) => accept.map((one) => one.slice("tag:".length))),
  ),
];
