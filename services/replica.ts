import { z } from "zod";
import { dataDirectory, flag, port, strict } from "./fields";
import { serverSizes } from "./postgres";
import { memoryProblems } from "./postgres-checks";
import { service } from "./service";

/**
 * `homelab:replica` on desktop: a standby of storage's PostgreSQL. What must be the same on both (the image, the number
 * of connections, further parameters) is storage's.
 */
export const replicaSchema = strict({
  enabled: flag.default(false).describe("whether desktop has a standby"),
  port: port.default(5432).describe("TCP port; the same as storage's `homelab:postgres.replica.port`"),
  dataDirectory: dataDirectory
    .default("/srv/homelab/postgres")
    .describe("directory on the node that holds the copy of the cluster"),
  ...serverSizes,
});

export type ReplicaSettings = z.output<typeof replicaSchema>;

export const replica = service({
  title: "PostgreSQL's standby",
  purpose: "follows storage's PostgreSQL, and can take its place",
  key: "replica",
  on: ["desktop"],
  settings: replicaSchema,
  problems: (own, { node }) => (own.enabled ? memoryProblems(own, node, "homelab:replica") : []),
  enabled: ({ enabled }) => enabled,
  ports: ({ port }) => [{ title: "PostgreSQL", port, key: "replica.port", from: "nodes" }],
  keeps: ({ dataDirectory }) => ({
    kind: "persistent",
    paths: [dataDirectory],
    backup: { own: "what it follows is backed up on storage" },
  }),
});
