import { DatabaseError } from "pg";
import { Unreachable, errorMessage } from "../errors";
import type { Server } from "./server";

/** What went wrong, as far as trying again is concerned. */
export type Trouble =
  /** Nobody listens, or the server is starting up, shutting down or full. */
  | "not-ready"
  /** The connection broke while it was in use. */
  | "lost"
  /** Another session changed the same catalogue rows at the same time. */
  | "conflict"
  /** Trying again will not help. */
  | "final";

/** PostgreSQL's five-character error code, when the error came from the server. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}

const notReady = new Set(["57P03", "53300"]);
const lost = new Set(["57P01", "57P02", "57P05", "08000", "08003", "08006"]);
// Serialization failure, deadlock, object (role, database) made by another session in between, template in use,
// a table dropped between reading the catalogue and granting on it.
const conflict = new Set(["40001", "40P01", "42710", "42P04", "23505", "55006", "42P01"]);

const codeOf = (error: unknown) =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

/** How an SSH server says that it could not reach the port (RFC 4254, 5.1), as ssh2 and remote/ssh.ts tell it. */
const channelFailure = /channel open failure: (?!administratively prohibited)(?<why>.*?)\.?$/i;

/** Why nobody answers on the port; undefined when that is not what happened. */
function refusal(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (codeOf(error) === "ECONNREFUSED") return "connection refused";
  const why = channelFailure.exec(error.message)?.groups?.why;
  return why === "" ? "the SSH server could not connect" : why?.toLowerCase();
}

/** pg's own timeout, of which the server knows nothing: it may still be at work on this connection. */
const readTimeout = "Query read timeout";

/** Whether the connection that gave this error must not be used again. */
export const breaksConnection = (error: unknown) =>
  troubleOf(error) === "lost" || (error instanceof Error && error.message === readTimeout);

export function troubleOf(error: unknown): Trouble {
  const state = sqlState(error);
  if (state !== undefined) {
    if (notReady.has(state)) return "not-ready";
    if (lost.has(state)) return "lost";
    if (conflict.has(state)) return "conflict";
    const concurrently =
      error instanceof Error && /^tuple concurrently (updated|deleted)/.test(error.message);
    return state === "XX000" && concurrently ? "conflict" : "final";
  }
  if (refusal(error) !== undefined) return "not-ready";
  if (error instanceof Unreachable) return "final";
  const code = codeOf(error);
  if (code === "ECONNRESET" || code === "EPIPE") return "lost";
  const said = error instanceof Error ? error.message : "";
  return /^(Connection terminated|Client has encountered a connection error|timeout expired)/.test(said)
    ? "lost"
    : "final";
}

/**
 * The error as a sentence for people, without secrets.
 *
 * @param subject what was being looked at or changed, e.g. `role agent on storage`.
 */
export function explain(error: unknown, server: Server, subject: string): Error {
  const node = server.connection.node;
  const said = errorMessage(error);
  const state = sqlState(error);
  const trouble = troubleOf(error);
  if (error instanceof Unreachable && trouble === "final") return error;
  if (trouble === "not-ready" && state !== undefined) {
    return new Unreachable(`PostgreSQL on ${node} is not ready: ${said}.`);
  }
  if (trouble === "not-ready") {
    return new Unreachable(
      `PostgreSQL on ${node} does not answer on its loopback port ${server.port}: ${refusal(error) ?? said}.`,
    );
  }
  if (trouble === "lost") {
    return new Unreachable(`PostgreSQL on ${node} broke the connection while at ${subject}: ${said}.`);
  }
  if (state === "28P01" || state === "28000") {
    return new Error(
      `PostgreSQL on ${node} refuses user ${server.user} (${said}): the password in the stack is not the one ` +
        `that the server holds; set the server's with \\password in psql on the node, or the stack's.`,
    );
  }
  if (state === "57014" || state === "55P03" || said === readTimeout) {
    return new Error(
      `${subject}: PostgreSQL did not finish in time, probably behind another's lock (${said}).`,
    );
  }
  if (error instanceof DatabaseError) {
    const detail = error.detail === undefined ? "" : ` (${error.detail.replaceAll("\n", "; ")})`;
    return new Error(`${subject}: ${said}${detail}.`);
  }
  return error instanceof Error ? error : new Error(`${subject}: ${said}`);
}
