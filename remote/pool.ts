import type { Client, ClientChannel } from "ssh2";
import type { ConnectionArgs } from "./connection-args";
import { RemoteError, Unreachable } from "../packages/errors";
import { logIn } from "./login";

const failureRememberedMs = 30_000;
/** sshd allows 10 sessions a connection (MaxSessions); two are left for whoever else shares it. */
const sessionsAtOnce = 8;
/** As many connections at most, where sshd allows fewer sessions on each. */
const mostConnections = 6;
/** sshd counts a session that has ended for a moment longer than we do. */
const pauseMs = 50;
/** So often is a session asked for again while others are open: then there is no room for one more. */
const triesBesideOthers = 10;
const triesAlone = 40;

/** One SSH connection. */
interface PooledConnection {
  readonly client: Client;
  /** Sessions that are open or being opened. */
  open: number;
  /** Sessions that it takes, as far as is known. */
  limit: number;
}

/**
 * The connections to one node. One is enough where sshd allows as many sessions as are wanted at once; where it allows
 * fewer (MaxSessions), that is found out, and further connections are made.
 */
export class ConnectionPool {
  readonly #connections: PooledConnection[] = [];
  readonly #waiting: (() => void)[] = [];
  #connecting: Promise<PooledConnection> | undefined;
  #failure: unknown;
  #most = mostConnections;

  constructor(private readonly connection: ConnectionArgs) {}

  /** Why the node was not reached a short while ago; undefined when it was, or was not asked. */
  get failure(): unknown {
    return this.#failure;
  }

  /** A connection, for what is not a session. */
  async client(): Promise<Client> {
    return (this.#connections[0] ?? (await this.#connect())).client;
  }

  async session<T>(command: string, use: (channel: ClientChannel) => Promise<T>): Promise<T> {
    for (let failures = 0; ; failures += 1) {
      const connection = await this.#take();
      try {
        const begun = await this.#begin(connection, command, use, failures);
        if (begun !== "full") return await begun.done;
      } finally {
        connection.open -= 1;
        this.#waiting.shift()?.();
      }
    }
  }

  async close(): Promise<void> {
    const [last] = await Promise.allSettled([this.#connecting]);
    if (last.status === "fulfilled") last.value?.client.end();
    for (const { client } of this.#connections) client.end();
  }

  /** Reserves a session. */
  async #take(): Promise<PooledConnection> {
    for (;;) {
      const free = this.#connections.find(({ open, limit }) => open < limit);
      if (free !== undefined) {
        free.open += 1;
        return free;
      }
      const room = this.#connections.reduce((sum, { limit }) => sum + limit, 0);
      if (this.#connections.length === 0) await this.#connect();
      else if (room < sessionsAtOnce && this.#connections.length < this.#most) {
        // One more is a help, not a need.
        await this.#connect().catch(() => (this.#most = this.#connections.length));
      } else await new Promise<void>((go) => this.#waiting.push(go));
    }
  }

  /** One at a time: sshd drops those that come together (MaxStartups). */
  #connect(): Promise<PooledConnection> {
    if (this.#connecting !== undefined) return this.#connecting;
    let connection: PooledConnection | undefined;
    const forget = () => {
      if (this.#connecting !== connecting) return;
      this.#connecting = undefined;
      this.#failure = undefined;
    };
    const lost = () => {
      const at = connection === undefined ? -1 : this.#connections.indexOf(connection);
      if (at !== -1) this.#connections.splice(at, 1);
      for (const go of this.#waiting.splice(0)) go();
    };
    const connecting = logIn(this.connection, lost).then((client) => {
      connection = { client, open: 0, limit: this.#connections[0]?.limit ?? sessionsAtOnce };
      this.#connections.push(connection);
      forget();
      return connection;
    });
    this.#connecting = connecting;
    // A failed attempt is remembered for a while: Pulumi asks for one resource after the other, and each would wait
    // again for a node that is off.
    connecting.catch((error: unknown) => {
      this.#failure = error;
      setTimeout(forget, failureRememberedMs).unref();
    });
    return connecting;
  }

  /** Asks for a session until there is one, or it is plain that this connection has no room for it now. */
  async #begin<T>(
    connection: PooledConnection,
    command: string,
    use: (channel: ClientChannel) => Promise<T>,
    failures: number,
  ): Promise<"full" | { done: Promise<T> }> {
    for (let tries = 1; ; tries += 1) {
      const begun = await new Promise<Error | { done: Promise<T> }>((resolve) => {
        const began = (error: Error | undefined, channel: ClientChannel) => {
          resolve(error ?? { done: use(channel) });
        };
        try {
          connection.client.exec(command, began);
        } catch (error) {
          // The connection has ended meanwhile.
          resolve(error instanceof Error ? error : new Error("closed"));
        }
      });
      if (!(begun instanceof Error)) return begun;
      if (!begun.message.includes("Channel open failure") || !this.#connections.includes(connection)) {
        throw new Unreachable(`${this.connection.node} ended the connection: ${begun.message}.`);
      }
      const others = connection.open - 1;
      if (others > 0 && tries >= triesBesideOthers) {
        connection.limit = Math.max(1, Math.min(connection.limit, others));
        return "full";
      }
      if (tries >= triesAlone || failures > triesAlone) {
        throw new RemoteError(
          `${this.connection.node} opens no session for ${this.connection.user} (${begun.message}): MaxSessions in sshd_config there must be at least 1, and authorized_keys must allow commands.`,
        );
      }
      await new Promise((go) => setTimeout(go, pauseMs));
    }
  }
}
