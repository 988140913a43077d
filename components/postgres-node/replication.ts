import { createHash } from "node:crypto";
import type { ManagedFileArgs } from "../../provider/sdk/remote";
import { render, serviceUnit } from "../../packages/quadlet";
import { replicationRole } from "../../services";
import { houseAddress, type Node, type NodeName } from "../../topology";
import { confDirectory, inContainer, mountedConf, service } from "./layout";
import { script } from "./scripts";

/** Where the other server is. */
export interface Peer {
  readonly name: NodeName;
  /** By which its data comes. */
  readonly address: string;
  /** Its address on the LAN, where that is another. */
  readonly lan?: string;
  readonly port: number;
}

/** A node as the other of a pair. */
export function peerOf(node: Node): Omit<Peer, "port"> {
  const [{ name, address: lan }, address] = [node, houseAddress(node)];
  return { name, address, ...(lan === address ? {} : { lan }) };
}

/**
 * All addresses of the other: from where it may come, and where it is asked whether it is primary. That question holds no data
 * and decides whether two take commits, so it does not wait for the mesh.
 */
export const peerAddresses = ({ address, lan }: Pick<Peer, "address" | "lan">): string[] => [
  address,
  ...(lan === undefined ? [] : [lan]),
];

/** What one of two servers must know of the other: at any time one is primary, and the other follows it or is off. */
export interface Replication {
  /** This node: its slot on the other, and the name by which it follows. */
  readonly self: NodeName;
  /** What it is where there is no data yet: a new cluster, or a copy of the other's. */
  readonly origin: "new" | "copy";
  readonly peer: Peer;
  /** This node's data directory, for sentences. */
  readonly dataDirectory: string;
  readonly port: number;
  /** Whether a commit here waits for the other; counts while this one is primary. */
  readonly synchronous: boolean;
}

/** Made by start.sh of the secret, in memory. */
const passfile = "/dev/shm/homelab-replication.pgpass";

/**
 * Both have the same parameters, because each may come to follow the other; a primary does not look at those of a standby.
 * @see https://www.postgresql.org/docs/18/runtime-config-replication.html
 */
export function replicationParameters({
  self,
  peer,
  synchronous,
}: Replication): [name: string, value: string | number | boolean, reason: string][] {
  const { address, port, name } = peer;
  const from = [
    `host=${address} port=${port} user=${replicationRole}`,
    `application_name=${self} passfile=${passfile} connect_timeout=5`,
  ].join(" ");
  return [
    ["primary_conninfo", from, `${name}, should this server be a standby`],
    ["primary_slot_name", self, "the primary keeps what this server still needs"],
    ["wal_retrieve_retry_interval", "1s", "a standby finds its primary again soon after a power cut"],
    [
      "synchronous_standby_names",
      synchronous ? name : "",
      synchronous ? "a commit waits for the standby's disk" : "no commit waits for the standby",
    ],
    ["synchronous_commit", true, "a commit that was answered is on disk"],
  ];
}

/** The files by which the server asks the other before it starts, beside its configuration. */
export function replicationFiles(pair: Replication): ManagedFileArgs[] {
  const { self, origin, peer, dataDirectory, port } = pair;
  const facts = {
    SELF: self,
    ORIGIN: origin,
    PEER: peer.name,
    PEER_ADDRESS: peer.address,
    PEER_PORT: peer.port,
    // libpq asks one after the other, each with its port.
    ...(peer.lan === undefined
      ? {}
      : {
          PEER_ASKED: peerAddresses(peer).join(","),
          PEER_ASKED_PORTS: peerAddresses(peer)
            .map(() => peer.port)
            .join(","),
        }),
    DATA_DIRECTORY: dataDirectory,
    PORT: port,
    ROLE: replicationRole,
    PASSFILE: passfile,
  };
  const lines = Object.entries(facts).map(([key, value]) => `${key}=${value}\n`);
  return [
    {
      path: `${confDirectory}/pair.env`,
      content: `# Written by Pulumi: changes made here are put back.\n${lines.join("")}`,
    },
    ...(["start.sh", "peer.sh", "standing.sh"] as const).map((name) => ({
      path: `${confDirectory}/${name}`,
      content: script(name),
      mode: "0755",
      // The next start takes the new one.
      onChange: "nothing" as const,
    })),
  ];
}

/** What the container runs: a question first, then the server. */
export const startExec = ["bash", `${mountedConf}/start.sh`];

/** Exit code of start.sh for what only a person can decide: systemd does not try again. */
export const refused = 75;

export const fenceService = "postgres-guard.service";

/** Asks on while the server runs: what could not be asked at its start may be known later. */
export function fenceFiles(): ManagedFileArgs[] {
  return [
    { path: `${confDirectory}/guard.sh`, content: script("guard.sh"), mode: "0755" },
    {
      path: `/etc/systemd/system/${fenceService}`,
      content: render(
        serviceUnit({
          unit: {
            description: "Two PostgreSQL servers of one cluster never both take commits",
            bindsTo: [service],
            after: [service],
            startLimitIntervalSec: 0,
          },
          service: {
            type: "exec",
            execStart: [inContainer("bash", `${mountedConf}/guard.sh`)],
            restart: "always",
            restartSec: 5,
          },
          install: { wantedBy: [service] },
        }),
      ),
    },
  ];
}

/** The guard reads these when it starts. */
export const fenceFingerprint = (pair: Replication): string =>
  createHash("sha256")
    .update(JSON.stringify([script("peer.sh"), replicationFiles(pair)[0]?.content]))
    .digest("hex");
