import type { Container, Workload } from "../engine/facts";
import { isUnknown } from "../engine/facts";
import { givenAt, textsOf } from "../engine/given";
import { toldTo } from "../engine/programs";
import { serverIn } from "../engine/servers";
import type { Server } from "../engine/tables/servers";
import type { Stack } from "../engine/stack";
import type { Finding, Rule } from "../engine/verdicts";

const fix =
  "Use a database on an always-on node, give its data directory an emptyDir or tmpfs, or say with homelab.dev/ephemeral why losing it costs nothing.";

export const databaseWithoutVolume: Rule = {
  name: "database-without-volume",
  title: "No database or queue server without a stated volume on an on-demand node",
  why: "The images of database servers declare a volume. Where none is given, the engine makes an anonymous one, or the data is in the container itself: on the node, and easily lost.",
  violations: [
    "A container that runs a database or queue server (PostgreSQL, MySQL, MariaDB, MongoDB, Redis, Valkey, MinIO, Qdrant, Elasticsearch, Kafka, RabbitMQ, NATS with JetStream and their like) and has no volume at its data directory.",
    'A server that is told not to save (Redis with --save "") too: its image still declares the volume. Say that it is ephemeral.',
    "An image that cannot be known.",
  ],
  allowed: [
    "A volume at the data directory: what kind it may be is for the other rules. emptyDir and tmpfs are fine.",
    "Exporters, proxies, poolers, admin pages, operators, clients, backup jobs and init containers, even from a server's image.",
    "Servers that keep nothing on disk, such as NATS without JetStream or memcached.",
  ],
  wayOut: fix,
  *check(stack): Iterable<Finding> {
    for (const workload of stack.facts.workloads) {
      for (const container of workload.containers) {
        const what = whatIsLost(workload, container, stack);
        if (what === undefined) continue;
        const node = stack.landsOn(workload.placement);
        if (node === undefined) break;
        const { file, resource } = workload.origin;
        yield {
          file,
          resource,
          detail: `Container ${container.name} of ${resource} ${what}, on the on-demand node ${node}.`,
          fix,
          ephemeral: workload.ephemeral,
          names: [container.name],
        };
      }
    }
  },
};

function whatIsLost(workload: Workload, container: Container, stack: Stack): string | undefined {
  if (isUnknown(container.image)) {
    return container.role === "init"
      ? undefined
      : `runs an image that cannot be known (${container.image.why})`;
  }
  const server = serverIn(container);
  if (server === undefined || !keepsData(server, container, workload, stack)) return undefined;
  if (container.imageVolumes === "tmpfs" || givenAt(workload, container, server.dataDirs)) return undefined;
  return `runs ${server.product} (${container.image}) without a volume at ${server.dataDirs[0] ?? "its data directory"}`;
}

function keepsData(server: Server, container: Container, workload: Workload, stack: Stack): boolean {
  const told = toldTo(container);
  const { onlyWith, exceptWith } = server;
  if (exceptWith !== undefined && told.some((word) => exceptWith.test(word))) return false;
  if (onlyWith === undefined) return true;
  const names = Object.keys(container.env);
  return [told.join(" "), ...names, ...textsOf(workload, container, stack)].some((text) =>
    onlyWith.test(text),
  );
}
