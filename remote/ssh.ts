import { readFile } from "node:fs/promises";
import type { Duplex } from "node:stream";
import {
  Client,
  type AcceptConnection,
  type ConnectConfig,
  type RejectConnection,
  type ServerHostKeyAlgorithm,
  type TcpConnectionDetails,
} from "ssh2";
import type { ConnectionArgs } from "./connection-args";
import { RemoteError, Unreachable } from "./errors";
import { Gate } from "./gate";
import { identityFile } from "./identity";
import { openSocket } from "./reachable";

/** From the connection to the end of the login: a busy machine takes its time, and one that hangs is given up. */
const loginTimeoutMs = 6_000;
const failureRememberedMs = 30_000;
/** sshd allows 10 sessions a connection (MaxSessions); two are left for whoever else shares it. */
const sessionsAtOnce = 8;

interface Link {
  readonly client: Client;
  readonly gate: Gate;
}

const links = new Map<string, Promise<Link>>();

/** The pooled connection to a node; a lost or failed one is made anew by the next call. */
export function link(connection: ConnectionArgs): Promise<Link> {
  const key = JSON.stringify([
    connection.host,
    connection.port,
    connection.user,
    connection.hostKey,
    connection.identity,
  ]);
  const open = links.get(key);
  if (open !== undefined) return open;
  const forget = () => {
    if (links.get(key) === made) links.delete(key);
  };
  const made = connect(connection, forget);
  links.set(key, made);
  // A failed attempt is remembered for a while: Pulumi asks for one resource after the other, and each would wait anew
  // for a node that is off.
  made.catch(() => setTimeout(forget, failureRememberedMs).unref());
  return made;
}

/** Ends every pooled connection, so that the process can end. */
export async function closeAll(): Promise<void> {
  const open = [...links.values()];
  links.clear();
  for (const one of await Promise.allSettled(open)) if (one.status === "fulfilled") one.value.client.end();
}

/** A stream to a port that the node reaches, on its own loopback first of all, through the SSH connection. */
export async function openStream(
  connection: ConnectionArgs,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<Duplex> {
  signal.throwIfAborted();
  const { client } = await link(connection);
  return new Promise((resolve, reject) => {
    client.forwardOut("127.0.0.1", 0, host, port, (error, channel) => {
      if (error === undefined) resolve(channel);
      else
        reject(
          new RemoteError(
            host === "127.0.0.1"
              ? `Nothing answers on ${connection.node}'s loopback port ${port}: ${error.message}.`
              : `${connection.node} does not reach port ${port} of ${host}: ${error.message}.`,
          ),
        );
    });
  });
}

/** A port on a node's loopback whose connections come out here. */
export interface Tunnel {
  readonly port: number;
  close(): void;
}

/**
 * Listens on a free port of the node's loopback. Each connection that is made there is joined with a stream from `open`.
 * It ends with the SSH connection.
 */
export async function listenOn(connection: ConnectionArgs, open: () => Promise<Duplex>): Promise<Tunnel> {
  const { client } = await link(connection);
  const port = await new Promise<number>((resolve, reject) => {
    client.forwardIn("127.0.0.1", 0, (error, given) => {
      if (error === undefined) resolve(given);
      else
        reject(
          new RemoteError(
            `${connection.node} does not let a port be forwarded to it (${error.message}): allow it in sshd_config (AllowTcpForwarding).`,
          ),
        );
    });
  });
  const arrived = (details: TcpConnectionDetails, accept: AcceptConnection, refuse: RejectConnection) => {
    if (details.destPort !== port) return;
    open().then((stream) => {
      const channel = accept();
      channel.on("error", () => stream.destroy());
      stream.on("error", () => channel.destroy());
      stream.on("close", () => channel.end());
      channel.on("close", () => stream.destroy());
      channel.pipe(stream).pipe(channel);
    }, refuse);
  };
  client.on("tcp connection", arrived);
  return {
    port,
    close: () => {
      client.off("tcp connection", arrived);
      client.unforwardIn("127.0.0.1", port);
    },
  };
}

async function connect(connection: ConnectionArgs, onLost: () => void): Promise<Link> {
  const config = { ...(await credentials(connection)), ...login(connection) };
  const sock = await openSocket(connection.host, connection.port).catch(() => {
    throw unanswered(connection);
  });
  // A question is small, and TCP would keep it back until the answer to the last one is acknowledged: 40 ms each.
  sock.setNoDelay();
  const client = new Client();
  const seen = { hostKey: undefined as string | undefined };
  return new Promise((resolve, reject) => {
    client.on("ready", () => {
      client.on("error", onLost).on("close", onLost);
      resolve({ client, gate: new Gate(sessionsAtOnce) });
    });
    client.on("error", (error) => {
      reject(explain(connection, error, seen.hostKey));
    });
    client.on("close", () => {
      reject(explain(connection, new Error("closed"), seen.hostKey));
    });
    client.connect({
      ...config,
      sock,
      hostVerifier: (key: Buffer) => {
        seen.hostKey = key.toString("base64");
        return seen.hostKey === connection.hostKey.split(" ")[1];
      },
    });
  });
}

function login(connection: ConnectionArgs): ConnectConfig {
  return {
    username: connection.user,
    readyTimeout: loginTimeoutMs,
    keepaliveInterval: 5_000,
    keepaliveCountMax: 4,
    // Ask for the kind of key that is known: a host with several would else show another one.
    algorithms: { serverHostKey: hostKeyAlgorithms(connection.hostKey) },
  };
}

function hostKeyAlgorithms(hostKey: string): ServerHostKeyAlgorithm[] {
  const kind = hostKey.split(" ")[0];
  if (kind === "ssh-rsa") return ["rsa-sha2-512", "rsa-sha2-256"];
  return [kind as ServerHostKeyAlgorithm];
}

async function credentials(connection: ConnectionArgs): Promise<ConnectConfig> {
  if (connection.identity === undefined) {
    const agent = process.env.SSH_AUTH_SOCK;
    if (agent !== undefined) return { agent };
    throw new RemoteError(
      `There is no key for ${connection.node}: set homelab:sshIdentity to a private key file, or start an SSH agent.`,
    );
  }
  try {
    return { privateKey: await readFile(identityFile(connection.identity)) };
  } catch {
    throw new RemoteError(
      `The SSH key ${connection.identity} for ${connection.node} cannot be read: set homelab:sshIdentity to a private key file.`,
    );
  }
}

/** The connection's failure as a sentence; ssh2's own error object may hold the key, so it is never passed on. */
function explain(
  connection: ConnectionArgs,
  error: Error & { level?: string },
  shownKey: string | undefined,
): Error {
  const where = whereabouts(connection);
  const known = connection.hostKey.split(" ")[1];
  if (shownKey !== undefined && shownKey !== known) {
    return new RemoteError(
      `${where} shows another host key than the topology has: if the machine was made anew, put its new key into nodes.${connection.node}.hostKey; if not, do not connect.`,
    );
  }
  if (error.level === "client-authentication") {
    const key = connection.identity ?? "the SSH agent";
    return new RemoteError(
      `${where} refused the key of ${key} for user ${connection.user}: add its public half to that user's authorized_keys.`,
    );
  }
  if (error.message.includes("Encrypted private") || error.message.includes("Cannot parse privateKey")) {
    return new RemoteError(
      `The SSH key ${connection.identity ?? ""} cannot be used as it is: add it to an SSH agent and set homelab:sshIdentity to agent, or use a key without a passphrase.`,
    );
  }
  return unanswered(connection);
}

const whereabouts = ({ node, host, port }: ConnectionArgs) => `${node} (${host}, port ${port})`;

function unanswered(connection: ConnectionArgs): Unreachable {
  return new Unreachable(
    `${whereabouts(connection)} does not answer: it is off, or the network between is down.`,
  );
}
