import type { Duplex } from "node:stream";
import { explain } from "../postgres/errors";
import { Connection } from "../postgres/session";
import type { ConnectionArgs } from "../../remote/connection-args";
import type { Source } from "./source";

/** One of the two servers, as seen through a node that reaches it. */
export interface Side {
  readonly role: "source" | "target";
  /** The node through which it is reached. */
  readonly through: ConnectionArgs;
  readonly server: Source;
  readonly signal: AbortSignal;
  /** Opens a stream to it. */
  readonly stream: () => Promise<Duplex>;
}

/** Settings under which the same value has the same text on every version and in every locale. */
const alike = {
  search_path: "pg_catalog",
  role: "none",
  // Not what the database's owner made of it.
  default_transaction_read_only: "off",
  datestyle: "ISO,YMD",
  intervalstyle: "iso_8601",
  timezone: "UTC",
  extra_float_digits: "1",
  bytea_output: "hex",
  xmloption: "content",
  row_security: "off",
  // Or planning would evaluate check constraints, which are the owner's.
  constraint_exclusion: "off",
  statement_timeout: "0",
  lock_timeout: "0",
  idle_in_transaction_session_timeout: "0",
  client_min_messages: "warning",
};

/** The same side as another role. */
export const as = (side: Side, login: { readonly user: string; readonly password: string }): Side => ({
  ...side,
  server: { ...side.server, ...login },
});

/** The source is only read: its sessions cannot write even by mistake. */
const readOnly = { default_transaction_read_only: "on" };

const optionText = (settings: Readonly<Record<string, string>>) =>
  Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(" ");

/** A session in one of a side's databases; whoever opens it closes it. @throws Error with one sentence */
export async function open(side: Side, database: string, mayWrite = false): Promise<Connection> {
  side.signal.throwIfAborted();
  const { server, through } = side;
  const asked = { connection: through, port: server.port, user: server.user, password: server.password };
  const settings = side.role === "source" && !mayWrite ? { ...alike, ...readOnly } : alike;
  try {
    const stream = await side.stream();
    const stop = () => stream.destroy();
    side.signal.addEventListener("abort", stop, { once: true });
    stream.once("close", () => {
      side.signal.removeEventListener("abort", stop);
    });
    return await Connection.open(stream, asked, database, () => undefined, {
      options: optionText(settings),
      statementTimeout: 0,
    });
  } catch (error) {
    throw inSentence(side, error);
  }
}

/** Runs `work` in a session of its own. */
export async function within<T>(
  side: Side,
  database: string,
  work: (session: Connection) => Promise<T>,
): Promise<T> {
  const session = await open(side, database);
  try {
    return await work(session);
  } catch (error) {
    throw side.signal.aborted ? error : inSentence(side, error, database);
  } finally {
    await session.close();
  }
}

function inSentence(side: Side, error: unknown, database?: string): Error {
  const { server, through } = side;
  const where =
    side.role === "target" ? `PostgreSQL on ${through.node}` : `the source (${server.host}:${server.port})`;
  const about = database === undefined ? where : `database ${database} of ${where}`;
  if (side.role === "source" && error instanceof Error && "code" in error) {
    if (error.code === "28P01" || error.code === "28000") {
      return new Error(`The source refuses user ${server.user}: ${error.message}.`, { cause: error });
    }
  }
  const told = explain(error, { connection: through, ...server }, about);
  return told;
}
