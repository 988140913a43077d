import type { Node } from "../topology";
import { portsOf } from "./running";
import type { Services } from "./service";

/** Ports of a node that are taken twice: one sentence each. @param settings of its stack */
export function portProblems({ name, ssh }: Node, settings: object, all?: Services): string[] {
  const ports = portsOf(name, settings, all);
  const takenBy = new Map<string, string>([[`tcp ${ssh.port}`, `nodes.${name}.ssh.port`]]);
  const found: string[] = [];
  // Those that nobody can move come first, so that the key of another is named.
  for (const { port, key, service, protocol = "tcp" } of [
    ...ports.filter((one) => one.key === undefined),
    ...ports.filter((one) => one.key !== undefined),
  ]) {
    const by = key === undefined ? `what homelab:${service.key}.enabled starts` : `homelab:${key}`;
    const taken = `${protocol} ${port}`;
    const other = takenBy.get(taken);
    if (other === undefined) takenBy.set(taken, by);
    else found.push(`${by} is ${port}: ${other} has this port already; each needs its own.`);
  }
  return found;
}
