import { isAlwaysOn, type NodeName } from "../topology";
import { errorMessage } from "../packages/errors";
import { PowerError, seconds, type Power } from "./context";

export interface SleepOptions {
  /** Go on although something would be lost, or pods that nothing recreates would be deleted. */
  readonly force: boolean;
  /** Seconds for its pods to go elsewhere. */
  readonly drainLimit: number;
  /** Seconds after which the machine counts as not going off. */
  readonly limit: number;
}

/**
 * Turns an on-demand node off in order: what would be lost is looked for, its pods go elsewhere, then power-off.
 * @throws PowerError when it is refused or does not go off.
 */
export async function sleep(power: Power, name: NodeName, options: SleepOptions): Promise<void> {
  const { machines, say } = power;
  const node = power.topology.nodes[name];
  if (isAlwaysOn(node)) {
    throw new PowerError(
      `${name} is always on, and the house relies on that: only on-demand nodes are put to sleep.`,
    );
  }
  if (!(await machines.answers(node))) {
    say(`${name} is off already.`);
    return;
  }
  const losses = await machines.losses(node);
  if (losses !== undefined) {
    say(losses.trimEnd());
    if (!options.force) {
      throw new PowerError(
        `${name} stays on: it keeps the above, and an on-demand node may keep nothing. Move it, declare it, or say --force: powering off deletes nothing, but nobody else has it.`,
      );
    }
  }
  const drained = await drain(power, name, options);
  try {
    await machines.powerOff(node, "sleep");
  } catch (error) {
    if (drained) await machines.clusterNode(power.topology.nodes.storage, name, "return");
    throw error;
  }
  await tell(power, name);
  const began = machines.clock();
  say(`${name} is powering off.`);
  while (await machines.answers(node)) {
    if (machines.clock() - began >= options.limit) {
      throw new PowerError(
        `${name} still answers after ${seconds(options.limit)}: see there with \`systemctl list-jobs\` what does not end. Its pods have gone already; \`npx homelab wake ${name}\` lets it have some again.`,
      );
    }
    await machines.wait(1);
  }
  say(`${name} is off: it went within ${seconds(machines.clock() - began)}.`);
  if (drained) await giveBack(power, name);
}

/** @returns whether the node is cordoned for its sleep. */
async function drain(power: Power, name: NodeName, { force, drainLimit }: SleepOptions): Promise<boolean> {
  const { machines, say } = power;
  const { storage } = power.topology.nodes;
  if (!(await machines.answers(storage))) {
    if (force) return false;
    throw new PowerError(
      `${name} stays on: storage does not answer, so its pods could not be sent elsewhere. Turn storage on, or say --force.`,
    );
  }
  if ((await machines.clusterNode(storage, name, "state")) === undefined) return false;
  say(`Sending the pods of ${name} elsewhere (at most ${seconds(drainLimit)}).`);
  try {
    return (await machines.drain(storage, name, drainLimit, force))?.cordoned === "ours";
  } catch (error) {
    await machines.clusterNode(storage, name, "return");
    throw new PowerError(
      `${name} stays on: its pods could not be sent elsewhere. ${errorMessage(error)} It takes pods again.`,
    );
  }
}

/** So that `power` can say why it is off. That it cannot be noted is no reason to stay on. */
async function tell({ topology, machines, say }: Power, name: NodeName): Promise<void> {
  try {
    await machines.keepWord(topology.nodes.storage, name, "sleep");
  } catch (error) {
    say(`Why ${name} is off could not be noted: ${errorMessage(error)}`);
  }
}

/**
 * The cordon has done its work as soon as the cluster knows that the node is gone: nothing is placed on one that is not
 * ready. Taken back then, a node that is turned on by its button takes pods again, without anybody's help.
 */
async function giveBack({ topology, machines, say }: Power, name: NodeName): Promise<void> {
  const { storage } = topology.nodes;
  const until = machines.clock() + 330;
  try {
    while ((await machines.clusterNode(storage, name, "state"))?.ready === true) {
      if (machines.clock() >= until) throw new Error("the cluster still takes it for ready");
      await machines.wait(2);
    }
    await machines.clusterNode(storage, name, "return");
    say(`The cluster knows; ${name} will take pods again when it is back.`);
  } catch (error) {
    say(`${name} is still cordoned: ${errorMessage(error)} \`npx homelab wake ${name}\` takes that back.`);
  }
}
