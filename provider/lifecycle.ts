import { z } from "zod";
import { errorMessage, problems, Unreachable } from "../packages/errors";
import { type Context, type PlannedChange } from "./handler";
import type { ResourceType } from "./registry";
import { isRecord, same, unknown, unwrap, wrap, type Json, type Path } from "./values";

/** Pulumi's resource protocol in terms of a {@link ResourceType}: pure but for the kind's own look at the machine. */

export interface Checked {
  readonly inputs: Json;
  readonly failures: readonly string[];
}

export interface Difference {
  readonly changed: readonly string[];
  readonly replaces: readonly string[];
  /** Only in so far different as nobody could look: {@link unseenKey}. */
  readonly unseen?: true;
}

/** What is shown as different where the machine could not be asked: it is never "no change". */
const unseenKey = "not compared";

/** The outputs which say what was found different at the last refresh; empty after an apply. */
const driftKey = "drift";

const startsWith = (path: Path, head: Path) => head.every((key, index) => path[index] === key);

/** Checks and completes inputs. What is not known yet in a preview is not judged. */
export function check(type: ResourceType, wire: Json): Checked {
  const { value, secrets, unknowns } = unwrap(wire);
  const parsed = type.check(value);
  if (parsed.success) {
    // A refinement may have run over a placeholder: give back what was given, completed.
    return { inputs: wrap(parsed.data as Json, secrets), failures: [] };
  }
  const issues = parsed.error.issues.filter(
    (issue) =>
      !unknowns.some((path) => startsWith(path, issue.path as Path) || startsWith(issue.path as Path, path)),
  );
  if (issues.length === 0) return { inputs: wire, failures: [] };
  // A secret's value must not stand in a sentence.
  return { inputs: wire, failures: problems(new z.ZodError(issues), hide(value, secrets)) };
}

function hide(value: Json, secrets: readonly Path[]): Json {
  let hidden = value;
  for (const path of secrets) hidden = replaceAt(hidden, path);
  return hidden;
}

function replaceAt(value: Json, path: Path): Json {
  const [first, ...rest] = path;
  if (first === undefined) return "[secret]";
  if (Array.isArray(value))
    return value.map((item, index) => (index === first ? replaceAt(item, rest) : item));
  if (!isRecord(value)) return value;
  return { ...value, [first]: replaceAt(value[String(first)] ?? null, rest) };
}

/** What changed in the program, and, when nothing did, on the machine. */
export async function diff(
  type: ResourceType,
  oldInputs: Json,
  oldState: Json,
  newInputs: Json,
  ctx: Context,
): Promise<Difference> {
  const before = unwrap(oldInputs).value;
  const after = unwrap(newInputs);
  const changed = isRecord(before) && isRecord(after.value) ? changedKeys(before, after.value) : ["inputs"];
  if (changed.length > 0) return { changed, replaces: changed.filter((key) => type.replaceOn.includes(key)) };
  try {
    const found = await type.drift(after.value, ctx, outputsOf(oldState));
    for (const sentence of found) ctx.log.warn(sentence);
    return { changed: found.length > 0 ? [driftKey] : [], replaces: [] };
  } catch (error) {
    // A node that is off is a state, not an error: what was declared is known, what is there is not. So a preview goes
    // on, an up tries, and neither may say that there is nothing to change.
    if (!(error instanceof Unreachable)) throw error;
    ctx.log.warn(`Not compared with the machine: ${error.message}`);
    return { changed: [unseenKey], replaces: [], unseen: true };
  }
}

function changedKeys(before: Record<string, Json>, after: Record<string, Json>): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => !same(before[key], after[key]),
  );
}

function outputsOf(state: Json): Record<string, unknown> {
  const { value } = unwrap(state);
  return isRecord(value) ? value : {};
}

/**
 * Says in a preview what making it would do, where the kind can tell and all is known.
 * @param previous the inputs that the state has, when it is there already.
 * @throws Error with the sentences of what no run puts right. A machine that does not answer is no such thing.
 */
export async function plan(type: ResourceType, inputs: Json, ctx: Context, previous?: Json): Promise<void> {
  const { value, unknowns } = unwrap(inputs);
  if (unknowns.some(([key]) => !type.planIgnores.includes(String(key)))) return;
  let planned: PlannedChange;
  try {
    planned = await type.plan(value, ctx, previous === undefined ? undefined : unwrap(previous).value);
  } catch (error) {
    ctx.log.warn(`What it would do is not known: ${errorMessage(error)}`);
    return;
  }
  for (const sentence of planned.notes) ctx.log.info(sentence);
  for (const sentence of planned.unmet) ctx.log.warn(sentence);
  if (planned.errors.length > 0) throw new Error(planned.errors.join("\n"));
}

/** Makes it so, and gives the state to keep. */
export async function apply(
  type: ResourceType,
  inputs: Json,
  previous: { readonly inputs: Json; readonly state: Json } | undefined,
  ctx: Context,
): Promise<{ id: string; state: Json }> {
  const { value, secrets } = unwrap(inputs);
  const outputs = (await type.apply(
    value,
    ctx,
    previous === undefined ? undefined : unwrap(previous.inputs).value,
    previous === undefined ? undefined : outputsOf(previous.state),
  )) as Record<string, Json>;
  const state = { ...(value as Record<string, Json>), ...outputs, [driftKey]: [] };
  return { id: type.id(value), state: wrap(state, [...secrets, ...type.secretOutputs.map((key) => [key])]) };
}

/**
 * What a preview may say of the result: the inputs; further outputs are not known before the machine has spoken.
 * @param unseen the last known outputs are shown: a node that is off makes no secret of what it was.
 */
export function preview(inputs: Json, oldState: Json | undefined, unseen = false): Json {
  if (unseen && isRecord(oldState)) return { ...oldState, ...(isRecord(inputs) ? inputs : {}) };
  const known = isRecord(inputs) ? inputs : {};
  const outputs = oldState !== undefined && isRecord(oldState) ? Object.keys(oldState) : [];
  const pending = outputs.filter((key) => !(key in known) && key !== driftKey).map((key) => [key, unknown]);
  return { ...(Object.fromEntries(pending) as Record<string, Json>), ...known };
}

/** For `pulumi refresh`: the state as it is kept, with what is different on the machine. */
export async function read(type: ResourceType, inputs: Json, state: Json, ctx: Context): Promise<Json> {
  const found = await type.drift(unwrap(inputs).value, ctx, outputsOf(state));
  for (const sentence of found) ctx.log.warn(sentence);
  return { ...(isRecord(state) ? state : {}), [driftKey]: found };
}
