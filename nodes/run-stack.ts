import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../components/user-error";
import { clause } from "../packages/errors";
import { placementGuard } from "../policies/placement-guard";
import type { ConnectionArgs } from "../remote/connection-args";
import { checkSettings, loadSettings, type SettingsOf } from "../settings";
import { portsOf, urlsOf } from "../services";
import { connectionOf, loadTopology, nodeNames, type Node, type NodeName, type Topology } from "../topology";
import { whyOff } from "./is-on";

/** What a node's program is given: everything read, checked and known before it declares a single resource. */
export interface StackContext<N extends NodeName = NodeName> {
  readonly topology: Topology;
  /** The node that this stack sets up. */
  readonly node: Node & { readonly name: N };
  readonly settings: SettingsOf[N];
  /** How to reach the node over SSH. */
  readonly connection: ConnectionArgs;
}

/**
 * Reads the stack's configuration and the topology, looks whether the node is on, and runs its program.
 * @param name the stack's node.
 * @param program declares what is on that node.
 * @returns the stack's outputs.
 * @throws UserError with one message for each problem, before anything is touched; and when the program puts data on an on-demand node.
 */
export async function runStack<N extends NodeName>(
  name: N,
  program: (context: StackContext<N>) => pulumi.Inputs | Promise<pulumi.Inputs>,
): Promise<pulumi.Inputs> {
  const context = asUserErrors(() => {
    const settings = loadSettings(name, pulumi.runtime.allConfig());
    const topology = loadTopology(settings.topology);
    const node = { ...topology.nodes[name], name };
    checkSettings(settings, name, topology);
    return { settings, topology, node, connection: connectionOf(node, settings.sshIdentity) };
  });
  // Also where no policy pack runs: nothing that keeps data is made on an on-demand node.
  placementGuard(context.topology);
  const looked = lookIfOn(context.node);
  // Only an up waits: that a node is off takes seconds to find out, and what a preview asks of it takes the same ones.
  if (!pulumi.runtime.isDryRun()) await looked;
  const outputs = await withUserErrors(() => program(context));
  await looked;
  return { ...urlsOf(context.node, portsOf(name, context.settings)), ...outputs };
}

/** An unreachable node is no error in a preview, which then compares with the last known state; an up stops before it changes anything. */
async function lookIfOn(node: Node): Promise<void> {
  const why = await whyOff(node);
  if (why === undefined) return;
  const off = clause(why.message);
  if (pulumi.runtime.isDryRun()) {
    void pulumi.log.warn(`${off}; this preview compares with the last known state, not with the machine.`);
  } else {
    throw new UserError(`${off}. Nothing was changed; run this again once it answers.`);
  }
}

/** Mistakes of the person at the terminal are shown as sentences, without a stack trace. */
function asUserErrors<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw shown(error);
  }
}

/** The same for what may take a while; it begins at once. */
async function withUserErrors<T>(run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw shown(error);
  }
}

const ofPeople = ["TopologyError", "SettingsError", "PlacementError"];
const shown = (error: unknown): unknown =>
  error instanceof Error && ofPeople.includes(error.name) ? new UserError(error.message) : error;

/** A stack is named after its node. */
export function unknownStack(stack: string): Error {
  return new UserError(
    `The stack is named "${stack}": a stack is named after its node, so it must be one of ${nodeNames.join(", ")}.`,
  );
}
