import type { Duplex } from "node:stream";
import type { AcceptConnection, Client, ClientChannel, RejectConnection, TcpConnectionDetails } from "ssh2";
import type { ConnectionArgs } from "./connection-args";
import { RemoteError } from "../packages/errors";
import { ConnectionPool } from "./pool";

const pools = new Map<string, ConnectionPool>();
/** Those that nothing new is asked over. */
const retired: ConnectionPool[] = [];

const keyOf = ({ host, port, user, hostKey, identity }: ConnectionArgs) =>
  JSON.stringify([host, port, user, hostKey, identity]);

function poolOf(connection: ConnectionArgs): ConnectionPool {
  const key = keyOf(connection);
  let pool = pools.get(key);
  if (pool === undefined) {
    pool = new ConnectionPool(connection);
    pools.set(key, pool);
  }
  return pool;
}

/** A pooled connection to a node; a lost or failed one is replaced at the next call. */
export const link = (connection: ConnectionArgs): Promise<Client> => poolOf(connection).client();

/**
 * Why a node was not reached a short while ago, for whoever asks it by other ways than SSH. Asks nothing.
 * @returns undefined when it was reached, or was not asked.
 */
export const recentFailure = (connection: ConnectionArgs): unknown => poolOf(connection).failure;

/**
 * Begins a command on a node, in a session of a pooled connection.
 * @param use called as soon as there is a channel, for what comes with the next packet must find its listeners. The
 *   session is free again when it is done.
 */
export const session = <T>(
  connection: ConnectionArgs,
  command: string,
  use: (channel: ClientChannel) => Promise<T>,
): Promise<T> => poolOf(connection).session(command, use);

/** What is asked of a node from now on is asked over a new connection; what runs over the present one goes on. */
export function renew(connection: ConnectionArgs): void {
  const key = keyOf(connection);
  const pool = pools.get(key);
  if (pool !== undefined) retired.push(pool);
  pools.delete(key);
}

/** Ends every pooled connection, so that the process can end. */
export async function closeAll(): Promise<void> {
  const open = [...pools.values(), ...retired.splice(0)];
  pools.clear();
  await Promise.all(open.map((pool) => pool.close()));
}

/** RFC 4254, 5.1: SSH_OPEN_ADMINISTRATIVELY_PROHIBITED. */
const prohibited = (error: Error) => "reason" in error && error.reason === 1;

/**
 * A stream to a port that the node reaches, on its own loopback first of all, through the SSH connection. Where sshd
 * does not forward (AllowTcpForwarding, DisableForwarding, PermitOpen, `restrict` in authorized_keys), a shell on the node
 * does it.
 */
export async function openStream(
  connection: ConnectionArgs,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<Duplex> {
  signal.throwIfAborted();
  const client = await link(connection);
  return new Promise((resolve, reject) => {
    client.forwardOut("127.0.0.1", 0, host, port, (error, channel) => {
      if (error === undefined) resolve(channel);
      else if (prohibited(error)) throughShell(connection, host, port).then(resolve, reject);
      else reject(notReached(connection, host, port, error.message));
    });
  });
}

function notReached(connection: ConnectionArgs, host: string, port: number, why: string): RemoteError {
  return new RemoteError(
    host === "127.0.0.1"
      ? `Nothing answers on ${connection.node}'s loopback port ${port}: ${why}.`
      : `${connection.node} does not reach port ${port} of ${host}: ${why}.`,
  );
}

/** Says when it is connected, and from then on passes on what comes, both ways. The address comes as arguments. */
const passOn = [
  'exec 3<>"/dev/tcp/$0/$1" || exit 7',
  'printf "homelab-%s\\n" connected',
  // Whichever side ends first, the other has nobody to talk to.
  "cat <&3 & from=$!; cat <&0 >&3 & to=$!; wait -n; kill $from $to 2>/dev/null",
].join("; ");
const connected = "homelab-connected\n";
const plainAddress = /^[0-9A-Za-z.:-]+$/;

/** A stream through a session of its own, for as long as it is open. */
function throughShell(connection: ConnectionArgs, host: string, port: number): Promise<Duplex> {
  if (!plainAddress.test(host)) return Promise.reject(new RemoteError(`${host} is no address.`));
  return new Promise((resolve, reject) => {
    session(
      connection,
      `bash -c '${passOn}' ${host} ${port}`,
      (channel) =>
        new Promise<void>((done) => {
          let said = "";
          let wrong = "";
          // Read, not listened to: what comes after the word is for whoever gets the stream.
          const listen = () => {
            said += ((channel.read() as Buffer | null) ?? Buffer.of()).toString("latin1");
            const at = said.indexOf(connected);
            if (at === -1) return;
            channel.off("readable", listen);
            const rest = said.slice(at + connected.length);
            if (rest !== "") channel.unshift(Buffer.from(rest, "latin1"));
            // Only then does the stream know that nobody waits for "readable" any more.
            setImmediate(resolve, channel);
          };
          channel.on("readable", listen);
          channel.stderr.on("data", (data: Buffer) => (wrong += data.toString("utf8")));
          channel.on("close", () => {
            done();
            const why =
              /: ([A-Z][a-z ]+)$/m.exec(wrong)?.[1] ?? "sshd forwards no port, and its shell does not";
            reject(notReached(connection, host, port, `Channel open failure: ${why}`));
          });
        }),
    ).catch(reject);
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
  const client = await link(connection);
  const port = await new Promise<number>((resolve, reject) => {
    client.forwardIn("127.0.0.1", 0, (error, given) => {
      if (error === undefined) resolve(given);
      else
        reject(
          new RemoteError(
            `${connection.node} does not let a port be forwarded to it (${error.message}): allow it in sshd_config (AllowTcpForwarding, DisableForwarding), and in authorized_keys (restrict, no-port-forwarding).`,
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
