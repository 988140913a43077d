import { reachable } from "../remote/reachable";
import type { Node } from "../topology";

const asked = new Map<string, Promise<boolean>>();

/** Does a node answer? It is asked once a run: that it does not takes seconds to find out. */
export function isOn({ address, mesh, ssh }: Node): Promise<boolean> {
  const at = `${address} ${ssh.port}`;
  const answer = asked.get(at) ?? reachable(address, ssh.port, mesh);
  asked.set(at, answer);
  return answer;
}
