import type { Unreachable } from "../packages/errors";
import { whyUnreachable } from "../remote/unreachable";
import type { Node } from "../topology";

const asked = new Map<string, Promise<Unreachable | undefined>>();

/** Why a node does not answer; nothing when it does. It is asked once a run: that it does not takes seconds to find out. */
export function whyOff({ name, address, mesh, ssh }: Node): Promise<Unreachable | undefined> {
  const at = `${address} ${ssh.port}`;
  const answer = asked.get(at) ?? whyUnreachable({ node: name, host: address, mesh, port: ssh.port });
  asked.set(at, answer);
  return answer;
}

/** Does a node answer? */
export const isOn = async (node: Node): Promise<boolean> => (await whyOff(node)) === undefined;
