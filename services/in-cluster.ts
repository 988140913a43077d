import type { Node } from "../topology";
import type { Services } from "./service";
import { runningOn } from "./running";

/** Namespace of a node's services that say themselves that they run in the cluster. */
export const clusterNamespace = (node: Pick<Node, "name">): string => `homelab-workloads-${node.name}`;

/**
 * Services of a node that say themselves that they run in the cluster, such as a workload, as PodService takes them. Those of
 * a group, such as `homelab:compute`, are its own to run.
 * @param pinned the reference under which an image is run
 */
export const podsInCluster = (
  node: Node,
  settings: object,
  pinned: (image: string) => string,
  all?: Services,
) =>
  runningOn(node.name, settings, all).flatMap(({ name, service, settings: own, within }) => {
    const run =
      within === undefined
        ? service.pod?.(own, { node, namespace: clusterNamespace(node), pinned })
        : undefined;
    return run === undefined ? [] : [{ name, service, own, keeps: service.keeps(own, within), run }];
  });
