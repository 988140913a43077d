import { isAlwaysOn, type Node, type NodeName } from "../topology";
import { clause, errorMessage } from "../packages/errors";
import { PowerError, moment, seconds, type Power } from "./context";
import { magicPacket } from "./wake-on-lan";

export interface WakeOptions {
  /** Seconds after which the machine counts as not coming up. */
  readonly limit: number;
}

/** A packet may be lost, or come while the machine is still going off; so it is sent again. Seconds. */
const again = 15;
const pause = 1;

/**
 * Turns a node on: a Wake-on-LAN packet from an always-on node, then waiting until it answers by SSH with the right key.
 * @throws PowerError when it cannot be woken or does not come up.
 */
export async function wake(power: Power, name: NodeName, { limit }: WakeOptions): Promise<void> {
  const { machines, say } = power;
  const node = power.topology.nodes[name];
  if (await machines.answers(node)) {
    const { booted } = await machines.look(node);
    say(`${name} is on already, since ${moment(booted)}.`);
    await noteOn(power, name);
    await giveBack(power, name);
    return;
  }
  if (node.mac === undefined) {
    throw new PowerError(
      `${name} is off and cannot be woken: put the hardware address of its network card into nodes.${name}.mac of the topology; \`ip link\` on the machine shows it.`,
    );
  }
  const packet = magicPacket(node.mac);
  const sender = await send(power, node, packet);
  say(`${sender.name} has sent ${name} (${node.mac}) a packet; waiting until it answers.`);
  const began = machines.clock();
  let sent = began;
  let told = began;
  let why = `nothing answers at ${node.address}, port ${node.ssh.port}`;
  for (;;) {
    const now = machines.clock();
    if (now - began >= limit) break;
    if (await machines.answers(node)) {
      try {
        await machines.look(node);
        say(`${name} is on: it answered after ${seconds(machines.clock() - began)}.`);
        await noteOn(power, name);
        await giveBack(power, name);
        return;
      } catch (error) {
        why = errorMessage(error);
        // A machine that is only starting may refuse; one with another key is another machine.
        if (why.includes("another host key")) throw new PowerError(why);
        await machines.forget();
      }
    }
    if (now - sent >= again) {
      await machines.sendPacket(sender, node, packet);
      sent = now;
    }
    if (now - told >= 10) {
      say(`${name} does not answer yet (${seconds(now - began)} of at most ${seconds(limit)}).`);
      told = now;
    }
    await machines.wait(pause);
  }
  throw new PowerError(
    `${name} did not come up within ${seconds(limit)} (${clause(why)}): see that Wake-on-LAN is on in its firmware and on its network card (\`ethtool\` there says \`Wake-on: g\`), and that nodes.${name}.mac is the address of the card with the cable.`,
  );
}

/** The first always-on node that answers sends the packet. */
async function send({ topology, machines }: Power, to: Node, packet: Buffer): Promise<Node> {
  const tried: string[] = [];
  for (const node of Object.values(topology.nodes)) {
    if (!isAlwaysOn(node) || node.name === to.name) continue;
    if (!(await machines.answers(node))) {
      tried.push(`${node.name} does not answer`);
      continue;
    }
    try {
      await machines.sendPacket(node, to, packet);
      return node;
    } catch (error) {
      tried.push(errorMessage(error));
    }
  }
  throw new PowerError(
    `${to.name} cannot be woken, for no always-on node can send the packet: ${tried.join("; ") || "there is none beside it"}.`,
  );
}

/** So that a power cut from now on is not taken for the sleep before it. That it cannot be noted is no reason to fail. */
async function noteOn({ topology, machines, say }: Power, name: NodeName): Promise<void> {
  const { storage } = topology.nodes;
  if (name === storage.name || !(await machines.answers(storage))) return;
  try {
    await machines.keepWord(storage, name, "on");
  } catch (error) {
    say(`That ${name} is on could not be noted: ${errorMessage(error)}`);
  }
}

/** A sleep that was stopped in the middle leaves its cordon; whoever is awake may have pods again. */
async function giveBack({ topology, machines, say }: Power, name: NodeName): Promise<void> {
  const { storage } = topology.nodes;
  if (name === storage.name || !(await machines.answers(storage))) return;
  try {
    const before = await machines.clusterNode(storage, name, "state");
    if (before?.cordoned === "other") say(`${name} stays cordoned: somebody did that by hand.`);
    if (before?.cordoned !== "ours") return;
    await machines.clusterNode(storage, name, "return");
    say(`${name} takes pods again.`);
  } catch (error) {
    say(`Whether ${name} takes pods could not be seen: ${errorMessage(error)}`);
  }
}
