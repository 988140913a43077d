import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { problems } from "../packages/errors";
import { goesByMesh, type Node, type Topology } from "./node";
import { nodeNames, type NodeName } from "./names";
import { topologySchema } from "./schema";

/** The topology is wrong: one message per problem, each naming the key, the value and what is allowed. */
export class TopologyError extends Error {
  override readonly name = "TopologyError";
  constructor(
    readonly file: string,
    readonly sentences: readonly string[],
  ) {
    super(sentences.map((sentence) => `${file}: ${sentence}`).join("\n"));
  }
}

/**
 * Reads and checks the file that holds the topology.
 * @param file YAML as in topology.yaml at the top of the project.
 * @throws TopologyError listing every mistake at once.
 */
export function loadTopology(file: string): Topology {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new TopologyError(file, ["cannot be read: write it as README.md shows, or set homelab:topology."]);
  }
  return parseTopology(text, file);
}

/** Pure form of {@link loadTopology}. */
export function parseTopology(text: string, file: string): Topology {
  const document = parseDocument(text, { uniqueKeys: true });
  if (document.errors.length > 0) {
    throw new TopologyError(
      file,
      document.errors.map((error) => `is not valid YAML: ${error.message.split("\n")[0] ?? ""}`),
    );
  }
  const raw: unknown = document.toJS();
  const parsed = topologySchema.safeParse(raw);
  if (!parsed.success) throw new TopologyError(file, problems(parsed.error, raw));
  const { nodes, storageClasses, operators } = parsed.data;
  const byMesh = goesByMesh(parsed.data);
  const entries = nodeNames.map((name): [NodeName, Node] => {
    const { memory, mac, mesh, ...rest } = nodes[name];
    return [
      name,
      {
        ...{ name, ...rest, memoryBytes: memory },
        ...(mac === undefined ? {} : { mac }),
        ...(mesh === undefined ? {} : { mesh, ...(byMesh ? { traffic: mesh } : {}) }),
      },
    ];
  });
  return {
    nodes: Object.fromEntries(entries) as Record<NodeName, Node>,
    networkClasses: storageClasses.network,
    operators,
  };
}
