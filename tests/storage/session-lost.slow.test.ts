import type { ChildProcess } from "node:child_process";
import { afterAll, describe, expect, it } from "vitest";
import { lab } from "../support/lab";
import { dsnOf, session, untilByHand } from "../support/services";
import { handedOut, up, well } from "../support/stack";

describe("a session of a node that lost its power", () => {
  const lock = 7391;
  const held = `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = ${lock} AND granted`;
  let client: ChildProcess | undefined;

  afterAll(() => {
    client?.kill();
    lab("node", "start", "compute");
    well(up("compute"));
  });

  it.each([
    ["in the middle of a transaction", "SELECT 1"],
    ["in the middle of a statement", "SELECT pg_sleep(900)"],
  ])("is ended by PostgreSQL after a minute, and its locks with it: %s", (_when, then) => {
    lab("node", "start", "compute");
    client = session(
      "compute",
      dsnOf(handedOut(), "agent", "agent_gateway"),
      `BEGIN; SELECT pg_advisory_lock(${lock}); ${then};`,
    );
    untilByHand(held, "1");
    lab("node", "kill", "compute");
    const seconds = untilByHand(held, "0", 90);
    // No goodbye came: a machine without power says none.
    expect(seconds).toBeGreaterThan(20);
  });
});
