import { clause, RemoteError } from "../../packages/errors";
import { confirm } from "../confirm";
import { runScript } from "../run";
import {
  driftSentences,
  foreignDropIns,
  movedOf,
  movedSentence,
  parseObserved,
  refusals,
  takenPlaces,
  type Observed,
} from "./observed";
import { applyLines, hashOf, lookLines, nameLines, settleSeconds, type UnitSpec } from "./spec";

/** Looking at a unit takes well under a second, at one that is ill a quarter of a minute. */
const lookSeconds = 30;
/** Installing, a first start and, when it fails, the way back: each has its own bound on the node. */
const marginSeconds = 120;

/** What applying a unit did. */
export interface Applied {
  readonly hash: string;
  /** `restarted`, `reloaded`, `mended` or `kept`. */
  readonly action: string;
  readonly changed: readonly string[];
  /** Sentences about what somebody else had there. */
  readonly setAside: readonly string[];
}

/** What is there of a unit on its node. */
async function observeUnit(unit: UnitSpec, signal: AbortSignal): Promise<Observed> {
  const result = await runScript(unit.connection, "unit-observe", {
    stdin: lookLines(unit),
    timeoutSeconds: lookSeconds,
    signal,
  });
  if (result.code !== 0) throw failure(unit, "could not be looked at", result.stderr);
  return parseObserved(result.stdout);
}

/** How a unit on its node differs from the declared one. */
export async function unitDrift(unit: UnitSpec, signal: AbortSignal): Promise<string[]> {
  return driftSentences(unit, await observeUnit(unit, signal));
}

/** What applying a unit would come upon, for a preview. */
export async function planUnit(
  unit: UnitSpec,
  signal: AbortSignal,
): Promise<{ notes: string[]; errors: string[] }> {
  const seen = await observeUnit(unit, signal);
  return { notes: takenPlaces(unit, seen), errors: refusals(unit, seen) };
}

/**
 * Brings a unit to the declared state: install → verify → reload → restart what changed → healthy or roll back.
 * @throws RemoteError when it did not come up healthy: says what stands there now, with the journal's last lines.
 */
export async function applyUnit(unit: UnitSpec, signal: AbortSignal): Promise<Applied> {
  const setAside = foreignDropIns(unit, await observeUnit(unit, signal));
  const result = await runScript(unit.connection, "unit-apply", {
    stdin: applyLines(unit, setAside),
    timeoutSeconds: 3 * unit.health.timeoutSeconds + 2 * settleSeconds(unit) + marginSeconds,
    signal,
  });
  const rows = result.stdout.split("\n").map((line) => line.split("\t"));
  const values = (key: string) => rows.filter(([first]) => first === key).map(([, second]) => second ?? "");
  if (result.code === 20) throw new RemoteError(rolledBack(unit, rows));
  if (result.code === 23)
    throw new RemoteError(
      movedOf(rows)
        .map((moved) => movedSentence(unit, moved))
        .join("\n"),
    );
  if (result.code !== 0) throw failure(unit, "could not be put in place", result.stderr);
  if (unit.confirmSeconds !== undefined) await confirm(unit.connection, unit.service, unit.service, signal);
  return {
    hash: hashOf(unit),
    action: values("did")[0] ?? "kept",
    changed: values("changed"),
    setAside: setAsides(unit, rows),
  };
}

/**
 * Stops a unit and takes its files away. Its data stays, and what was not written by this program.
 * @returns where there is something that was set aside.
 */
export async function removeUnit(unit: UnitSpec, signal: AbortSignal): Promise<string | undefined> {
  const result = await runScript(unit.connection, "unit-remove", {
    stdin: nameLines(unit),
    timeoutSeconds: 180,
    signal,
  });
  if (result.code !== 0) throw failure(unit, "could not be removed", result.stderr);
  return /^aside\t(.+)$/m.exec(result.stdout)?.[1];
}

const setAsides = ({ connection: { node } }: UnitSpec, rows: readonly (readonly string[])[]) =>
  rows
    .filter(([kind]) => kind === "set-aside")
    .map(
      ([, what = "", to = ""]) =>
        `${what} on ${node} was not written by this program: it is set aside ${to.startsWith("/") ? `as ${to}` : to}.`,
    );

function rolledBack(unit: UnitSpec, rows: readonly (readonly string[])[]): string {
  const values = (key: string) => rows.filter(([first]) => first === key).map(([, second]) => second ?? "");
  const [, how = "", state = ""] = rows.find(([first]) => first === "predecessor") ?? [];
  const outcome: Record<string, string> = {
    back: "its predecessor is back and healthy",
    none: "it had no predecessor, so it was stopped and its files were taken away",
    theirs: `what was there before, which this program did not write, was put back (${state})`,
    unhealthy: "its predecessor was put back but is not healthy either",
  };
  const then = outcome[how] ?? "the way back was interrupted";
  const where = `${unit.service} on ${unit.connection.node}`;
  const words = values("words").filter((line) => line !== "");
  const why =
    values("waited").length > 0
      ? `did not become healthy within ${values("waited")[0] ?? ""} s (${values("state")[0] ?? "unknown"})`
      : `did not start: ${clause([...new Set(words)].join(" ")) || (values("state")[0] ?? "unknown")}`;
  const journal = values("journal");
  const check = values("check");
  return [
    `${where} ${why}; ${then}.`,
    ...(values("waited").length > 0 ? words : []),
    ...(check.length === 0 ? [] : ["Its health check says:", ...check.map((line) => `  ${line}`)]),
    ...values("full").map((path) => `The disk of ${path} on ${unit.connection.node} is full.`),
    ...(journal.length === 0 ? [] : ["Its journal's last lines:", ...journal.map((line) => `  ${line}`)]),
  ].join("\n");
}

function failure(unit: UnitSpec, what: string, stderr: string): RemoteError {
  return new RemoteError(
    `${unit.service} on ${unit.connection.node} ${what}: ${stderr.trim() || "no reason given"}`,
  );
}
