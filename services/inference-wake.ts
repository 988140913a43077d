import { nodeNames, urlHost, type Node, type NodeName, type Topology } from "../topology";
import type { InferenceSettings } from "./inference-settings";

/** A machine that is woken when a model is asked for, and the backends that are on it. */
export interface Woken {
  readonly node: Node;
  readonly backends: readonly string[];
}

/** Pure part: the on-demand nodes behind the places of models that say `wake`, or a sentence for each that cannot be woken. */
export function wokenByModels(
  { models, backends }: Pick<InferenceSettings, "models" | "backends">,
  topology: Topology,
): { readonly woken: readonly Woken[]; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const found = new Map<NodeName, Set<string>>();
  for (const [model, choices] of Object.entries(models))
    for (const [i, { backend, wake }] of choices.entries()) {
      if (!wake || backend === undefined) continue;
      const at = `homelab:inference.models.${model}.${i}.wake`;
      const node = nodeOf(backends[backend], topology);
      if (node === undefined)
        problems.push(
          `${at} is true: ${backend} is on none of the topology's nodes, so nothing can wake it.`,
        );
      else if (node.lifecycle === "always-on")
        problems.push(`${at} is true: ${backend} is on ${node.name}, which is always on.`);
      else if (node.mac === undefined)
        problems.push(`${at} is true: the topology has no mac of ${node.name}, so nothing can wake it.`);
      else found.set(node.name, (found.get(node.name) ?? new Set()).add(backend));
    }
  return {
    woken: [...found].map(([name, names]) => ({ node: topology.nodes[name], backends: [...names] })),
    problems,
  };
}

function nodeOf(backend: InferenceSettings["backends"][string] | undefined, topology: Topology) {
  if (backend === undefined) return undefined;
  if (backend.service !== undefined) return topology.nodes.compute;
  const host = urlHost(backend.url ?? "http://127.0.0.1");
  return nodeNames
    .map((name): Node => topology.nodes[name])
    .find(({ address, traffic }) => [address, traffic].includes(host));
}
