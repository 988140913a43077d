import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionArgs } from "../../remote/connection-args";
import { breaksConnection, explain, troubleOf } from "./errors";
import type { Server } from "./server";
import { Connection, sessionKey, type Session } from "./session";

/**
 * Opens a stream to a port on the node's loopback.
 * @throws Unreachable when the node does not answer; for a refused port the other side's error, see ./errors.ts.
 */
export type OpenStream = (
  connection: ConnectionArgs,
  host: "127.0.0.1",
  port: number,
  signal: AbortSignal,
) => Promise<Duplex>;

export interface Task {
  readonly server: Server;
  readonly database: string;
  /** What is being looked at or changed, for messages: `role agent on storage`. */
  readonly subject: string;
  readonly signal: AbortSignal;
  /** `look` asks once; `change` waits for a server that is starting up. @default "look" */
  readonly intent?: "look" | "change";
}

export interface Limits {
  /** How long a change waits for a server that is not ready, milliseconds. @default 20000 */
  readonly patience?: number;
  /** How long an unused connection is kept, milliseconds. @default 10000 */
  readonly idle?: number;
}

interface Slot {
  /** Whoever comes next waits for this. */
  turn: Promise<void>;
  connection?: Connection | undefined;
  closing?: NodeJS.Timeout | undefined;
}

const conflictTries = 12;

/**
 * Connections to PostgreSQL servers, one for each database, taken in turn: handlers are called in parallel, and a
 * run without changes must cost the server next to nothing.
 */
export class Sessions {
  private readonly slots = new Map<string, Slot>();
  private readonly patience: number;
  private readonly idle: number;

  constructor(
    private readonly openStream: OpenStream,
    limits: Limits = {},
  ) {
    this.patience = limits.patience ?? 20_000;
    this.idle = limits.idle ?? 10_000;
  }

  /**
   * Runs `work` on a connection of its own. It must be safe to run twice: it is tried again when another session
   * changed the same catalogue rows, or when a connection kept from before turns out to be dead.
   * @throws Unreachable when the node or the server does not answer, else an Error with one sentence; with the
   *   server's own error as `cause`.
   */
  async use<T>(task: Task, work: (session: Session) => Promise<T>): Promise<T> {
    const patience = task.intent === "change" ? this.patience : 0;
    const deadline = Date.now() + patience;
    for (let attempt = 1; ; attempt += 1) {
      const fresh = { connection: false };
      try {
        return await this.inTurn(task, fresh, work);
      } catch (error) {
        if (task.signal.aborted) {
          throw new Error(`${task.subject}: stopped before it was done.`, { cause: error });
        }
        const trouble = troubleOf(error);
        const again =
          (trouble === "conflict" && attempt < conflictTries) ||
          (trouble === "lost" && !fresh.connection && attempt < conflictTries) ||
          ((trouble === "lost" || trouble === "not-ready") && Date.now() < deadline);
        if (!again) {
          const told = explain(error, task.server, task.subject);
          if (told !== error) told.cause = error;
          throw told;
        }
        await sleep(Math.min(1000, 25 * 2 ** attempt) * (0.5 + Math.random()), undefined, {
          signal: task.signal,
        }).catch(() => undefined);
      }
    }
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    const slots = [...this.slots.values()];
    this.slots.clear();
    await Promise.all(
      slots.map(async (slot) => {
        clearTimeout(slot.closing);
        await slot.turn;
        await slot.connection?.close();
      }),
    );
  }

  private inTurn<T>(
    task: Task,
    fresh: { connection: boolean },
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    const key = sessionKey(task.server, task.database);
    const slot: Slot = this.slots.get(key) ?? { turn: Promise.resolve() };
    this.slots.set(key, slot);
    const mine = slot.turn.then(() => this.withConnection(slot, task, fresh, work));
    slot.turn = mine.then(
      () => undefined,
      () => undefined,
    );
    return mine;
  }

  private async withConnection<T>(
    slot: Slot,
    task: Task,
    fresh: { connection: boolean },
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    task.signal.throwIfAborted();
    clearTimeout(slot.closing);
    fresh.connection = slot.connection === undefined;
    const connection = slot.connection ?? (await this.connect(slot, task));
    const stop = () => {
      connection.break();
    };
    task.signal.addEventListener("abort", stop, { once: true });
    connection.rest(false);
    try {
      return await work(connection);
    } catch (error) {
      if (breaksConnection(error)) {
        connection.break();
        slot.connection = undefined;
      }
      throw error;
    } finally {
      task.signal.removeEventListener("abort", stop);
      if (slot.connection === connection) this.keepForAWhile(slot, connection);
    }
  }

  private async connect(slot: Slot, task: Task): Promise<Connection> {
    const { server, database, signal } = task;
    const stream = await this.openStream(server.connection, "127.0.0.1", server.port, signal);
    const stop = () => {
      stream.destroy();
    };
    signal.addEventListener("abort", stop, { once: true });
    try {
      const connection = await Connection.open(stream, server, database, (lost) => {
        if (slot.connection === lost) slot.connection = undefined;
      });
      slot.connection = connection;
      return connection;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  private keepForAWhile(slot: Slot, connection: Connection): void {
    connection.rest(true);
    slot.closing = setTimeout(() => {
      slot.connection = undefined;
      void connection.close();
    }, this.idle).unref();
  }
}
