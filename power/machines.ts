import { audit } from "../policies/audit/audit";
import { report } from "../policies/audit/report";
import { undeclared } from "../policies/audit/verdict";
import { clusterNode, drainNode, keepWord, lookAtPower, powerOff, sendPacket } from "./on-node";
import { reachable } from "../remote/reachable";
import { closeAll } from "../remote/ssh";
import { connectionOf, type Topology } from "../topology";
import type { ConnectionTo, Machines } from "./context";

/** The real machines. */
export function machinesOf(topology: Topology, identity: string | undefined): Machines {
  const to: ConnectionTo = (node) => connectionOf(node, identity);
  return {
    answers: (node) => reachable(node.address, node.ssh.port, node.mesh),
    look: (node) => lookAtPower(to(node)),
    sendPacket: (from, node, packet) => sendPacket(to(from), node.address, packet),
    powerOff: (node, why) => powerOff(to(node), why),
    keepWord: (on, node, why) => keepWord(to(on), node, why),
    clusterNode: (server, node, verb) => clusterNode(to(server), node, verb),
    drain: (server, node, seconds, all) => drainNode(to(server), node, seconds, all),
    async losses(node) {
      const findings = await audit(to(node), topology, false);
      const lost = undeclared(findings).length > 0 || findings.units.length > 0;
      return lost ? report(node.name, findings) : undefined;
    },
    forget: closeAll,
    wait: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000)),
    clock: () => performance.now() / 1_000,
  };
}
