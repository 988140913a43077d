import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { nodeNames } from "../../topology";
import { lan } from "./mesh";
import { until } from "./until";

/** Begins the loop; `way` stands above it, and is asked of each packet of IPv4. */
const listener = (way: string) => `import socket, struct, sys, time
nodes = dict(one.split("=") for one in sys.argv[1:])
${way}
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3)); s.settimeout(1)
print("listening", flush=True)
seen, end = set(), time.time() + 120
while time.time() < end:
    try: packet = s.recv(65535)
    except TimeoutError: continue
    if packet[12:14] != b"\\x08\\x00": continue
    said = way(packet, 14 + (packet[14] & 15) * 4, socket.inet_ntoa(packet[26:30]), socket.inet_ntoa(packet[30:34]))
    if said: seen.add(said)
    if b"said-last" in packet: break
print(" ".join(sorted(seen)), flush=True)`;

/**
 * What crosses the LAN while something is done.
 * @param way Python: a function `way(packet, ip, source, target)` of a packet of IPv4, of where what it carries begins, and of
 *   its addresses, which `nodes` has the names of. What it returns is seen; nothing is not.
 * @param last sends a packet that says `said-last`, by which the listening ends
 */
export async function onTheWire(
  way: string,
  act: () => Promise<void> | void,
  last: () => void,
): Promise<string> {
  const wire = spawn(join(__dirname, "../../lab/in"), [
    ...["python3", "-c", listener(way)],
    ...nodeNames.map((name) => `${lan(name)}=${name}`),
  ]);
  let said = "";
  wire.stdout.on("data", (data: Buffer) => (said += data.toString()));
  await until("that somebody listens on the wire", () => (said.includes("listening") ? true : undefined));
  await act();
  last();
  await once(wire, "close");
  return said.split("\n")[1] ?? "";
}
