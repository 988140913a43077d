import type { Node } from "../topology";

/**
 * What a network card waits for while its machine is off: six bytes ff, then its own address sixteen times.
 * @param mac as the topology writes it, `02:4c:41:42:00:0d`.
 * @see https://www.amd.com/content/dam/amd/en/documents/archived-tech-docs/white-papers/20213.pdf
 */
export function magicPacket(mac: string): Buffer {
  const address = Buffer.from(mac.replaceAll(":", ""), "hex");
  if (address.length !== 6) throw new Error(`${JSON.stringify(mac)} is no hardware address.`);
  return Buffer.concat([Buffer.alloc(6, 0xff), ...Array.from({ length: 16 }, () => address)]);
}

/** What `wake.sh` is given: the machine's address, and the packet that it sends. */
export const wakeInput = (address: string, packet: Buffer) => ({
  address,
  packet: packet.toString("base64"),
});

/** The same as the lines of its standard input, for a timer on a node. */
export function wakeLines(node: Node): string[] {
  if (node.mac === undefined) throw new Error(`${node.name} has no hardware address.`);
  const { address, packet } = wakeInput(node.address, magicPacket(node.mac));
  return [`address\t${address}`, `packet\t${packet}`, "end"];
}
