import { isIP } from "node:net";
import { replicationRole } from "../../services";

/**
 * Who may connect from where: the system user postgres by the socket, everyone with a password by the loopback (for
 * replication the superuser alone), and all but the superuser `postgres` with a password from the given addresses. No line means no access.
 * @param clients IPv4 or IPv6 addresses.
 * @param networks IPv4 networks of 8 bits at least, such as `10.42.0.0/16`: where the node's own pods have their addresses.
 * @param peer addresses of the server that copies or follows this one, as a role that may do nothing else. @default none
 * @throws Error for a text that is no address or no network.
 * @see https://www.postgresql.org/docs/18/auth-pg-hba-conf.html
 */
export function hba(
  clients: readonly string[],
  networks: readonly string[] = [],
  peer: readonly string[] = [],
): string {
  const rows = [
    ["# TYPE", "DATABASE", "USER", "ADDRESS", "METHOD"],
    ["local", "all", "postgres", "", "peer"],
    // "all" databases do not include replication, which is a line of its own.
    ...(peer.length === 0
      ? []
      : [
          ...peer.map((one) => ["host", "replication", replicationRole, single(one), "scram-sha-256"]),
          ["host", "all", replicationRole, "all", "reject"],
        ]),
    ["host", "all", "all", "127.0.0.1/32", "scram-sha-256"],
    // Base backups and the stream of WAL, taken on the node itself; "all" does not mean replication.
    ["host", "replication", "postgres", "127.0.0.1/32", "scram-sha-256"],
    // The program reaches it through SSH on the loopback: nobody else needs it.
    ["host", "all", "postgres", "all", "reject"],
    ...[...new Set([...clients.map(single), ...networks.map(network)])].map((from) => [
      "host",
      "all",
      "all",
      from,
      "scram-sha-256",
    ]),
  ];
  const lines = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd([8, 13, 12, 42][i] ?? 0))
      .join("")
      .trimEnd(),
  );
  return `# Written by Pulumi: changes made here are put back.\n${lines.join("\n")}\n`;
}

function network(text: string): string {
  const [host = "", bits = ""] = text.split("/");
  if (isIP(host) !== 4 || !/^([89]|[12]\d|3[0-2])$/.test(bits) || text !== `${host}/${bits}`) {
    throw new Error(`${JSON.stringify(text)} is no IP network.`);
  }
  return text;
}

function single(address: string): string {
  const version = isIP(address);
  if (version === 0) throw new Error(`${JSON.stringify(address)} is no IP address.`);
  return `${address}/${version === 4 ? 32 : 128}`;
}
