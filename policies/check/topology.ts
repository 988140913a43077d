/** The topology as the check command takes it: this project's own, or any file with nodes and their lifecycle. */
import type { Lifecycle, Taint, Topology, TopologyNode } from "../engine/topology";
import { at, fields, records, text, textMap, texts } from "../readers/values";
import { parseYaml } from "../readers/files/yaml";

/** The file says nothing that could be used. */
export class TopologyError extends Error {
  override readonly name = "TopologyError";
}

/**
 * Reads nodes and network classes. Laxer than `topology/` on purpose: the command answers for files of people
 * who know a node's name and lifecycle and not its host key. A lifecycle that is not "always-on" is on-demand.
 *
 * @throws TopologyError
 */
export function readTopology(content: string, file: string): Topology {
  const parsed = parseYaml(content);
  if ("error" in parsed) throw new TopologyError(`${file} is not valid YAML: ${parsed.error}`);
  const document = fields(parsed.documents[0]);
  const stated = document.nodes;
  const nodes = Array.isArray(stated)
    ? records(stated).map((node) => topologyNode(text(node.name) ?? "", node))
    : Object.entries(fields(stated)).map(([name, node]) => topologyNode(name, node));
  if (nodes.length === 0) {
    throw new TopologyError(
      `${file} names no nodes: it needs nodes: NAME: { lifecycle: always-on | on-demand }.`,
    );
  }
  return {
    nodes,
    networkClasses: [...texts(at(document, "storageClasses", "network")), ...texts(document.networkClasses)],
  };
}

function topologyNode(name: string, value: unknown): TopologyNode {
  const node = fields(value);
  const lifecycle: Lifecycle =
    (text(node.lifecycle) ?? text(value)) === "always-on" ? "always-on" : "on-demand";
  return {
    name,
    lifecycle,
    addresses: [
      ...texts(node.address),
      ...texts(node.mesh),
      ...texts(node.addresses),
      ...texts(node.hostnames),
    ],
    labels: textMap(node.labels),
    taints: records(node.taints).map(taint),
  };
}

function taint(value: unknown): Taint {
  const stated = textMap(value);
  const own = stated.value;
  return {
    key: stated.key ?? "",
    effect: stated.effect ?? "NoSchedule",
    ...(own === undefined ? {} : { value: own }),
  };
}
