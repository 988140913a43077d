import type { Client, ClientChannel } from "ssh2";
import type { ConnectionArgs } from "./connection-args";
import { RemoteError, Unreachable } from "../packages/errors";
import { logIn } from "./login";

const failureRememberedMs = 30_000;
/** sshd allows 10 sessions a connection (MaxSessions); two are left for whoever else shares it. */
const sessionsAtOnce = 8;
/** As many connections at most, where sshd allows fewer sessions on each. */
const mostLines = 6;
/** sshd counts a session that has ended for a moment longer than we do. */
const pauseMs = 50;
/** So often is a session asked for again while others are open: then there is no room for one more. */
const triesBesideOthers = 10;
const triesAlone = 40;

/** One SSH connection. */
interface Line {
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
export class Pool {
  readonly #lines: Line[] = [];
  readonly #waiting: (() => void)[] = [];
  #connecting: Promise<Line> | undefined;
  #failure: unknown;
  #most = mostLines;

  constructor(private readonly connection: ConnectionArgs) {}

  /** Why the node was not reached a short while ago; undefined when it was, or was not asked. */
  get failure(): unknown {
    return this.#failure;
  }

  /** A connection, for what is not a session. */
  async client(): Promise<Client> {
    return (this.#lines[0] ?? (await this.#connect())).client;
  }

  async session<T>(command: string, use: (channel: ClientChannel) => Promise<T>): Promise<T> {
    for (let failures = 0; ; failures += 1) {
      const line = await this.#take();
      try {
        const begun = await this.#begin(line, command, use, failures);
        if (begun !== "full") return await begun.done;
      } finally {
        line.open -= 1;
        this.#waiting.shift()?.();
      }
    }
  }

  async close(): Promise<void> {
    const [last] = await Promise.allSettled([this.#connecting]);
    if (last.status === "fulfilled") last.value?.client.end();
    for (const { client } of this.#lines) client.end();
  }

  /** Reserves a session. */
  async #take(): Promise<Line> {
    for (;;) {
      const free = this.#lines.find(({ open, limit }) => open < limit);
      if (free !== undefined) {
        free.open += 1;
        return free;
      }
      const room = this.#lines.reduce((sum, { limit }) => sum + limit, 0);
      if (this.#lines.length === 0) await this.#connect();
      else if (room < sessionsAtOnce && this.#lines.length < this.#most) {
        // One more is a help, not a need.
        await this.#connect().catch(() => (this.#most = this.#lines.length));
      } else await new Promise<void>((go) => this.#waiting.push(go));
    }
  }

  /** One at a time: sshd drops those that come together (MaxStartups). */
  #connect(): Promise<Line> {
    if (this.#connecting !== undefined) return this.#connecting;
    let line: Line | undefined;
    const forget = () => {
      if (this.#connecting !== connecting) return;
      this.#connecting = undefined;
      this.#failure = undefined;
    };
    const lost = () => {
      const at = line === undefined ? -1 : this.#lines.indexOf(line);
      if (at !== -1) this.#lines.splice(at, 1);
      for (const go of this.#waiting.splice(0)) go();
    };
    const connecting = logIn(this.connection, lost).then((client) => {
      line = { client, open: 0, limit: this.#lines[0]?.limit ?? sessionsAtOnce };
      this.#lines.push(line);
      forget();
      return line;
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
    line: Line,
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
          line.client.exec(command, began);
        } catch (error) {
          // The connection has ended meanwhile.
          resolve(error instanceof Error ? error : new Error("closed"));
        }
      });
      if (!(begun instanceof Error)) return begun;
      if (!begun.message.includes("Channel open failure") || !this.#lines.includes(line)) {
        throw new Unreachable(`${this.connection.node} ended the connection: ${begun.message}.`);
      }
      const others = line.open - 1;
      if (others > 0 && tries >= triesBesideOthers) {
        line.limit = Math.max(1, Math.min(line.limit, others));
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
