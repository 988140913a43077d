import { RemoteError } from "../errors";
import { runScript } from "../run";
import { driftSentences, foreignDropIns, parseObserved, type Observed } from "./observed";
import { applyLines, hashOf, lookLines, nameLines, type UnitSpec } from "./spec";

/** Looking at a unit takes well under a second; a node that needs this long is not well. */
const lookSeconds = 20;
/** Installing, a first start and, when it fails, the way back: each has its own bound on the node. */
const marginSeconds = 120;

/** What applying a unit did. */
export interface Applied {
  readonly hash: string;
  /** `restarted`, `reloaded` or `kept`. */
  readonly action: string;
  readonly changed: readonly string[];
}

/** What is there of a unit on its node. */
export async function observeUnit(unit: UnitSpec, signal: AbortSignal): Promise<Observed> {
  const said = await runScript(unit.connection, "unit-observe", {
    stdin: lookLines(unit),
    timeoutSeconds: lookSeconds,
    signal,
  });
  if (said.code !== 0) throw failure(unit, "could not be looked at", said.stderr);
  return parseObserved(said.stdout);
}

/** How a unit on its node differs from the declared one. */
export async function unitDrift(unit: UnitSpec, signal: AbortSignal): Promise<string[]> {
  return driftSentences(unit, await observeUnit(unit, signal));
}

/**
 * Brings a unit to the declared state: install → verify → reload → restart what changed → healthy or roll back.
 * @throws RemoteError when it did not come up healthy: says what stands there now, with the journal's last lines.
 */
export async function applyUnit(unit: UnitSpec, signal: AbortSignal): Promise<Applied> {
  const setAside = foreignDropIns(unit, await observeUnit(unit, signal));
  const said = await runScript(unit.connection, "unit-apply", {
    stdin: applyLines(unit, setAside),
    timeoutSeconds: 3 * unit.health.timeoutSeconds + marginSeconds,
    signal,
  });
  const rows = said.stdout.split("\n").map((line) => line.split("\t"));
  const values = (key: string) => rows.filter(([first]) => first === key).map(([, second]) => second ?? "");
  if (said.code === 20) throw new RemoteError(rolledBack(unit, values));
  if (said.code !== 0) throw failure(unit, "could not be put in place", said.stderr);
  return { hash: hashOf(unit), action: values("did")[0] ?? "kept", changed: values("changed") };
}

/** Stops a unit and takes its files away. Its data stays. */
export async function removeUnit(unit: UnitSpec, signal: AbortSignal): Promise<void> {
  const said = await runScript(unit.connection, "unit-remove", {
    stdin: nameLines(unit),
    timeoutSeconds: 180,
    signal,
  });
  if (said.code !== 0) throw failure(unit, "could not be removed", said.stderr);
}

function rolledBack(unit: UnitSpec, values: (key: string) => string[]): string {
  const outcome: Record<string, string> = {
    back: "its predecessor is back and healthy",
    none: "it had no predecessor, so it was stopped and its files were taken away",
    unhealthy: "its predecessor was put back but is not healthy either",
  };
  const then = outcome[values("predecessor")[0] ?? ""] ?? "the way back was interrupted";
  const journal = values("journal");
  return [
    `${unit.service} on ${unit.connection.node} did not become healthy within ${values("waited")[0] ?? unit.health.timeoutSeconds} s (${values("state")[0] ?? "unknown"}); ${then}.`,
    ...(journal.length === 0 ? [] : ["Its journal's last lines:", ...journal.map((line) => `  ${line}`)]),
  ].join("\n");
}

function failure(unit: UnitSpec, what: string, stderr: string): RemoteError {
  return new RemoteError(
    `${unit.service} on ${unit.connection.node} ${what}: ${stderr.trim() || "no reason given"}`,
  );
}
