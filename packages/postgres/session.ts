import { createHash } from "node:crypto";
import type { Duplex } from "node:stream";
import { Client } from "pg";
import type { z } from "zod";
import type { Server } from "./server";

const seconds = 1000;
const statementTimeout = 60 * seconds;
// One lock for all that this project changes in a database, so that its own runs never trip over each other.
const advisoryLock = 0x686f6d65;

// Whoever owns a database may set anything for the sessions in it, which these win over: another role would not be allowed
// what is to be done, and another search path would find the owner's functions in the place of the catalogue's.
const defaults =
  "-c search_path=pg_catalog -c role=none -c default_transaction_read_only=off -c lc_messages=C -c synchronous_commit=local";
// The function of an event trigger may be anybody's. Servers before 17 have no such switch, and only a superuser may use it.
const noEventTriggers = `SELECT pg_catalog.set_config(s.name, 'off', false) FROM pg_catalog.pg_settings s
  WHERE s.name OPERATOR(pg_catalog.=) 'event_triggers' AND pg_catalog.current_setting('is_superuser') OPERATOR(pg_catalog.=) 'on'`;

/** One connection in use by one caller. */
export interface Session {
  /** The rows of a query, each checked against `shape`. Values travel as parameters, never in the text. */
  rows<R>(shape: z.ZodType<R>, text: string, values?: readonly unknown[]): Promise<R[]>;
  /** Statements in one round trip, in order; what they return is dropped. */
  run(statements: readonly string[]): Promise<void>;
  /** All of `work` or nothing of it, and alone among this project's changes to this database. */
  transaction<T>(work: () => Promise<T>): Promise<T>;
}

/** What a session is opened with, where it is not one of a resource's. */
export interface SessionOptions {
  /** As PGOPTIONS has it. @default the catalogue's search path, the role that logs in, and messages in English */
  readonly options?: string;
  /** Milliseconds that a statement may take; 0: any time. @default a minute */
  readonly statementTimeout?: number;
}

/** What a socket has and another stream, such as an SSH channel, may lack. */
interface Socketlike {
  setNoDelay(): unknown;
  setKeepAlive(): unknown;
  ref(): unknown;
  unref(): unknown;
}

/**
 * What pg asks of a socket, on a stream that is connected already.
 * @see https://github.com/brianc/node-postgres/blob/master/packages/pg/lib/connection.js `connect`
 */
function asSocket(stream: Duplex & Partial<Socketlike>): Duplex & Socketlike {
  const same = () => stream;
  stream.setNoDelay ??= same;
  stream.setKeepAlive ??= same;
  stream.ref ??= same;
  stream.unref ??= same;
  const connect = () => {
    process.nextTick(() => stream.emit("connect"));
    return stream;
  };
  // pg corks what belongs together. An SSH channel would send it piece by piece, and the second waits 40 ms for the
  // first to be acknowledged (Nagle's algorithm on sshd's side of the server's socket).
  const _writev: Duplex["_writev"] = (pieces, done) => {
    stream._write(
      Buffer.concat(pieces.map(({ chunk }) => chunk as Buffer)),
      "buffer" as BufferEncoding,
      done,
    );
  };
  return Object.assign(stream as Duplex & Socketlike, { connect, _writev });
}

/** A pg client over an opened stream. Says nothing to the world but through its promises. */
export class Connection implements Session {
  private constructor(
    private readonly client: Client,
    private readonly stream: Duplex & Socketlike,
  ) {}

  /** Logs in. @throws the server's or the stream's own error; see ./errors.ts for what it means. */
  static async open(
    opened: Duplex,
    server: Server,
    database: string,
    onLost: (connection: Connection) => void,
    { options, statementTimeout: limit = statementTimeout }: SessionOptions = {},
  ): Promise<Connection> {
    const stream = asSocket(opened);
    const client = new Client({
      stream: () => stream,
      // Everything is given, for pg would take what is missing from PG* variables of whoever runs Pulumi.
      host: "127.0.0.1",
      port: server.port,
      user: server.user,
      password: server.password,
      database,
      ssl: false,
      client_encoding: "UTF8",
      application_name: "homelab",
      // Where commits wait for a standby, these do not: what is set up here is what the standby needs to come.
      options: options ?? defaults,
      connectionTimeoutMillis: 10 * seconds,
      statement_timeout: limit,
      idle_in_transaction_session_timeout: limit,
      query_timeout: limit === 0 ? 0 : limit + 5 * seconds,
    });
    const connection = new Connection(client, stream);
    for (const event of ["error", "end"] as const) {
      client.on(event, () => {
        onLost(connection);
      });
    }
    try {
      await client.connect();
      await client.query(noEventTriggers);
    } catch (error) {
      stream.destroy();
      throw error;
    }
    return connection;
  }

  async rows<R>(shape: z.ZodType<R>, text: string, values: readonly unknown[] = []): Promise<R[]> {
    const result = await this.client.query<Record<string, unknown>>(text, [...values]);
    return result.rows.map((row) => shape.parse(row));
  }

  async run(statements: readonly string[]): Promise<void> {
    if (statements.length > 0) await this.client.query(statements.join(";\n"));
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.run(["BEGIN", `SELECT pg_advisory_xact_lock(${advisoryLock})`]);
    try {
      const result = await work();
      await this.run(["COMMIT"]);
      return result;
    } catch (error) {
      // The first error is the one to tell. A connection that cannot even roll back is of no more use.
      await this.run(["ROLLBACK"]).catch(() => {
        this.break();
      });
      throw error;
    }
  }

  /** While idle, the socket does not keep the process alive. */
  rest(idle: boolean): void {
    if (idle) this.stream.unref();
    else this.stream.ref();
  }

  /** Breaks off, whatever is under way; the server rolls back. */
  break(): void {
    this.stream.destroy();
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
    this.stream.destroy();
  }
}

/** Tells apart connections that must not be shared, without keeping the password a second time. */
export function sessionKey(server: Server, database: string): string {
  return createHash("sha256")
    .update(JSON.stringify([server, database]))
    .digest("hex");
}
