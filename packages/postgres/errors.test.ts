import { DatabaseError } from "pg";
import { describe, expect, it } from "vitest";
import { RemoteError, Unreachable } from "../errors";
import { explain, troubleOf } from "./errors";
import type { Server } from "./server";

const server: Server = {
  connection: { node: "storage", host: "192.0.2.1", port: 22, user: "root", hostKey: "ssh-ed25519 AAAA" },
  ...{ port: 5432, user: "postgres", password: "top secret" },
};

function fromServer(code: string, message: string, detail?: string): DatabaseError {
  const error = new DatabaseError(message, message.length, "error");
  return Object.assign(error, { code }, detail === undefined ? {} : { detail });
}

const withCode = (code: string) => Object.assign(new Error(`connect ${code}`), { code });
const forward = (why: string) =>
  new RemoteError(`Nothing answers on storage's loopback port 5432: (SSH) Channel open failure: ${why}.`);

describe("an error of PostgreSQL or on the way to it", () => {
  it.each([
    [withCode("ECONNREFUSED"), "not-ready", "does not answer on its loopback port 5432: connection refused."],
    [
      forward("Connection refused"),
      "not-ready",
      "does not answer on its loopback port 5432: connection refused.",
    ],
    [forward("administratively prohibited"), "final", "administratively prohibited"],
    [
      fromServer("57P03", "the database system is starting up"),
      "not-ready",
      "is not ready: the database system",
    ],
    [fromServer("53300", "sorry, too many clients already"), "not-ready", "is not ready: sorry"],
    [
      fromServer("57P01", "terminating connection"),
      "lost",
      "broke the connection while at role agent on storage",
    ],
    [new Error("Connection terminated unexpectedly"), "lost", "broke the connection"],
    [withCode("ECONNRESET"), "lost", "broke the connection"],
    [fromServer("XX000", "tuple concurrently updated"), "conflict", "tuple concurrently updated."],
    [fromServer("XX000", "cache lookup failed"), "final", "role agent on storage: cache lookup failed."],
    [fromServer("40P01", "deadlock detected", "A\nB"), "conflict", "deadlock detected (A; B)."],
    [fromServer("28P01", "password authentication failed"), "final", "refuses user postgres"],
    [fromServer("57014", "canceling statement due to statement timeout"), "final", "did not finish in time"],
    [new Error("Query read timeout"), "final", "did not finish in time"],
    [new Unreachable("storage does not answer."), "final", "storage does not answer."],
  ])("%s is %s, and said so", (error, trouble, sentence) => {
    expect(troubleOf(error)).toBe(trouble);
    const told = explain(error, server, "role agent on storage");
    expect(told.message).toContain(sentence);
    expect(told.message).not.toContain("top secret");
    expect(told instanceof Unreachable).toBe(
      trouble === "not-ready" || trouble === "lost" || error instanceof Unreachable,
    );
  });
});
