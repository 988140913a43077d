import { isAlwaysOn, lifecycleKey, type Topology } from "../../topology";

/** Fewer members than this cannot tell a lost one from a cut cable. */
const quorum = 3;

export interface PostgresClusterSettings {
  readonly name: string;
  readonly namespace: string;
  /** Of CloudNativePG's own images for PostgreSQL 18, an exact tag: with pgvector. */
  readonly image: string;
  /** Of the disk of each instance, such as `20Gi`. */
  readonly size: string;
  /** Databases that are imported from storage's PostgreSQL at the first start, with their owners. */
  readonly databases: readonly string[];
  readonly roles: readonly string[];
  /** Secret of the namespace whose key `password` is that of `user` on storage. */
  readonly source: { readonly user: string; readonly secret: string };
}

/**
 * PostgreSQL on three always-on nodes, as CloudNativePG's operator takes it: each instance on a node of its own, each commit
 * on two of them before it is acknowledged.
 * @throws Error where fewer nodes are always on: two are no quorum.
 * @see docs/cloudnative-pg.md
 */
export function postgresCluster(topology: Topology, settings: PostgresClusterSettings) {
  const nodes = Object.values(topology.nodes).filter(isAlwaysOn);
  if (nodes.length < quorum)
    throw new Error(
      `CloudNativePG needs ${quorum} always-on nodes, and this house has ${nodes.length} (${nodes.map(({ name }) => name).join(", ")}): of two that do not hear each other neither knows whether the other is lost, so either both go on, each with writes of its own, or none does. Make a third node always-on in the topology, or keep storage's PostgreSQL with its standby on desktop (homelab:postgres.replica), which a person promotes.`,
    );
  const { name, namespace, image, size, databases, roles, source } = settings;
  return {
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "Cluster",
    metadata: { name, namespace },
    spec: {
      instances: quorum,
      imageName: image,
      // Acknowledged is what a second node has on its disk; while there is none, nothing is.
      postgresql: {
        parameters: { jit: "on" },
        synchronous: { method: "any" as const, number: 1, dataDurability: "required" as const },
      },
      // One instance a node, and only on those that are always on: what it keeps is on the node's own disk.
      affinity: {
        enablePodAntiAffinity: true,
        podAntiAffinityType: "required",
        topologyKey: "kubernetes.io/hostname",
        nodeSelector: { [lifecycleKey]: "always-on" },
      },
      storage: { storageClass: "local-path", size },
      primaryUpdateStrategy: "unsupervised" as const,
      bootstrap: {
        initdb: {
          import: {
            type: "monolith" as const,
            databases: [...databases],
            roles: [...roles],
            source: { externalCluster: "storage" },
          },
        },
      },
      externalClusters: [
        {
          name: "storage",
          connectionParameters: {
            host: topology.nodes.storage.address,
            user: source.user,
            dbname: "postgres",
          },
          password: { name: source.secret, key: "password" },
        },
      ],
    },
  };
}
