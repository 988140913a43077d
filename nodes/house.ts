import * as pulumi from "@pulumi/pulumi";
import { Refusal } from "../components/refusal";
import { guard } from "../policies/guard";
import type { ConnectionArgs } from "../remote/connection-args";
import { checkSettings, loadSettings, type SettingsOf } from "../settings";
import { portsOf, urlsOf } from "../services";
import { connectionOf, loadTopology, nodeNames, type Node, type NodeName, type Topology } from "../topology";
import { isOn } from "./is-on";

/** What a node's program is given: everything read, checked and known before it declares a single resource. */
export interface House<N extends NodeName = NodeName> {
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
 * @throws Refusal with one sentence a mistake; nothing has been touched then.
 */
export async function enter<N extends NodeName>(
  name: N,
  program: (house: House<N>) => pulumi.Inputs | Promise<pulumi.Inputs>,
): Promise<pulumi.Inputs> {
  const house = inSentences(() => {
    const settings = loadSettings(name, pulumi.runtime.allConfig());
    const topology = loadTopology(settings.topology);
    const node = { ...topology.nodes[name], name };
    checkSettings(settings, name, topology);
    return { settings, topology, node, connection: connectionOf(node, settings.sshIdentity) };
  });
  // Also where no policy pack runs: nothing that keeps data is made on an on-demand node.
  guard(house.topology);
  const looked = lookIfOn(house.node);
  // Only an up waits: that a node is off takes seconds to find out, and what a preview asks of it takes the same ones.
  if (!pulumi.runtime.isDryRun()) await looked;
  const outputs = await program(house);
  await looked;
  return { ...urlsOf(house.node, portsOf(name, house.settings)), ...outputs };
}

/** A node that is off is a state: a preview goes on with what is known, an up says so before it begins. */
async function lookIfOn(node: Node): Promise<void> {
  if (await isOn(node)) return;
  const off = `${node.name} (${node.address}, port ${node.ssh.port}) does not answer: it is off, or the network between is down`;
  if (pulumi.runtime.isDryRun()) {
    void pulumi.log.warn(`${off}; this preview compares with the last known state, not with the machine.`);
  } else {
    throw new Refusal(`${off}. Nothing was changed; turn it on and run this again.`);
  }
}

/** Mistakes of the person at the terminal are shown as sentences, without a stack trace. */
function inSentences<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && ["TopologyError", "SettingsError"].includes(error.name)) {
      throw new Refusal(error.message);
    }
    throw error;
  }
}

/** A stack is named after its node. */
export function unknownStack(stack: string): Error {
  return new Refusal(
    `The stack is named "${stack}": a stack is named after its node, so it must be one of ${nodeNames.join(", ")}.`,
  );
}
