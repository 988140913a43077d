import { policyPart, wholePolicy, type Policy } from "../../components/tailscale-mesh";
import { portsOf } from "../../services";
import { loadStackFile } from "../../settings";
import { nodeNames, type NodeName, type Topology } from "../../topology";

/** The mesh's policy for Tailscale's service, of the stack files of a folder: only of nodes whose mesh is on. */
export function policyOf(
  topology: Topology,
  folder: string,
): { readonly policy: Policy; readonly members: readonly NodeName[] } {
  const parts = nodeNames.flatMap((name) => {
    const settings = loadStackFile(name, folder, topology);
    if (!settings.mesh.enabled) return [];
    const ports = portsOf(name, settings);
    return [{ name, part: policyPart(topology.nodes[name], ports, settings.mesh.operators) }];
  });
  return {
    policy: wholePolicy(
      parts.map(({ part }) => part),
      "autogroup:admin",
    ),
    members: parts.map(({ name }) => name),
  };
}
