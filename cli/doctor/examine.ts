import { dirname } from "node:path";
import { errorMessage } from "../../packages/errors";
import { lookAtPower } from "../../power/on-node";
import { whyUnreachable } from "../../remote/unreachable";
import { closeAll } from "../../remote/ssh";
import { identity, loadStackFile } from "../../settings";
import { connectionOf, loadTopology, nodeNames, type Node, type Topology } from "../../topology";
import type { NodeOptions } from "../program/command";
import { project } from "../program/project";
import { backend } from "./backend";
import type { Check } from "./check";
import { clusterTools, node, passphrase, plugins, pulumi, sshKey, stackFiles } from "./checks";

/** Looks at this computer, and whether it reaches the nodes. One thing that is wrong keeps no other from being looked at. */
export async function examine(options: NodeOptions): Promise<readonly Check[]> {
  const own = [
    node(),
    pulumi(),
    ...plugins(),
    backend(),
    passphrase(process.env, stackFiles(project, nodeNames)),
  ];
  let key: string | undefined;
  let keyCheck: Check;
  try {
    key = identity(options.identity);
    keyCheck = sshKey(key, process.env);
  } catch (error) {
    keyCheck = { state: "missing", what: "SSH key", says: errorMessage(error) };
  }
  let topology: Topology;
  try {
    topology = loadTopology(options.topology);
  } catch (error) {
    return [...own, keyCheck, { state: "missing", what: "topology", says: errorMessage(error) }];
  }
  const nodes = await Promise.all(nodeNames.map((name) => reach(topology.nodes[name], key)));
  await closeAll();
  return [
    ...own,
    ...tools(options.topology, topology),
    keyCheck,
    { state: "ok", what: "topology", says: options.topology },
    ...nodes,
  ];
}

/** Of the cluster, where the stack file says that there is one. */
function tools(file: string, topology: Topology): readonly Check[] {
  try {
    const { k3s } = loadStackFile("storage", dirname(file), topology);
    return k3s.enabled ? clusterTools(k3s.version) : [];
  } catch {
    // A run of Pulumi says what is wrong with the stack file.
    return [];
  }
}

async function reach(node: Node, key: string | undefined): Promise<Check> {
  const { name, address, mesh, ssh } = node;
  const why = await whyUnreachable({ node: name, host: address, mesh, port: ssh.port });
  if (why !== undefined) {
    return node.lifecycle === "on-demand"
      ? { state: "note", what: name, says: `${why.message} \`homelab wake ${name}\` switches it on.` }
      : { state: "missing", what: name, says: `${why.message} Is its address in the topology right?` };
  }
  try {
    await lookAtPower(connectionOf(node, key));
    return { state: "ok", what: name, says: `lets ${ssh.user} in at ${address}` };
  } catch (error) {
    return { state: "missing", what: name, says: errorMessage(error) };
  }
}
