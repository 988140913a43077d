import { metadataKeeperIn, pointedAt } from "../engine/metadata-keepers";
import type { Workload } from "../engine/facts";
import { serverIn } from "../engine/servers";
import type { Stack } from "../engine/stack";
import { findNode } from "../engine/topology";
import { givenAt, textsOf, wholeEnvOf } from "../engine/given";
import type { Finding, Rule } from "../engine/verdicts";

export const embeddedMetadataDb: Rule = {
  name: "embedded-metadata-db",
  title: "No service that keeps its metadata in a local file on an on-demand node",
  why: "MLflow, Dagster, Prefect and Grafana start happily without a database and then write runs, schedules and dashboards to a SQLite file or a directory in the container. Nobody notices until it is gone.",
  violations: [
    "A container that runs MLflow's server, Dagster's web server or daemon, Prefect's server, Grafana, or another application of the table (some hundred of those that people run at home) that keeps its metadata in a local file by default, and is not pointed at a database off the node.",
    "A database address that is a local file, SQLite, or the machine itself.",
    "A database beside it on the on-demand node: a service of the same files, or the node's own name or address.",
  ],
  allowed: [
    "The service pointed at a database by argument, variable, reference to a secret, or a configuration file in what was read.",
    "A volume at its data directory: what kind it may be is for the other rules. emptyDir and tmpfs are fine.",
    "Workers, agents, clients and code servers of these: they keep no metadata.",
  ],
  wayOut:
    "Point it at a database on an always-on node, or say with homelab.dev/ephemeral why losing its metadata costs nothing.",
  *check(stack): Iterable<Finding> {
    for (const workload of stack.facts.workloads) {
      for (const container of workload.containers) {
        const keeper = metadataKeeperIn(container);
        if (keeper === undefined || givenAt(workload, container, keeper.dataDirs)) continue;
        const node = stack.landsOn(workload.placement);
        if (node === undefined) break;
        const env = wholeEnvOf(workload, container, stack);
        const texts = textsOf(workload, container, stack);
        const pointed = pointedAt(keeper, container, env, texts, (host) => isBeside(host, workload, stack));
        if (pointed.kind === "off the node") continue;
        const { file, resource } = workload.origin;
        yield {
          file,
          resource,
          detail:
            pointed.kind === "beside"
              ? `Container ${container.name} of ${resource} runs ${keeper.product}, whose metadata is in the database ${pointed.at}, which is on an on-demand node itself, on the on-demand node ${node}.`
              : `Container ${container.name} of ${resource} runs ${keeper.product}, which keeps its metadata in ${keeper.keeps}${keeper.point === undefined ? "" : " unless it is pointed at a database"}, on the on-demand node ${node}.`,
          fix:
            keeper.point === undefined
              ? "Put what it keeps on a volume off the node, or run it on an always-on node; or declare homelab.dev/ephemeral with a reason."
              : `Point it at a database on an always-on node: ${keeper.point}; or declare homelab.dev/ephemeral with a reason.`,
          ephemeral: workload.ephemeral,
          names: [container.name],
        };
      }
    }
  },
};

/** True for a host that is an on-demand node, or a server of the same files or stack that lands on one. */
function isBeside(host: string, workload: Workload, stack: Stack): boolean {
  const node = findNode(stack.topology, host);
  if (node !== undefined) return node.lifecycle === "on-demand";
  const [name = ""] = host.split(".");
  return stack
    .reachedAs(name, workload.origin)
    .some(
      (other) =>
        other !== workload &&
        other.containers.some((one) => serverIn(one) !== undefined) &&
        stack.landsOn(other.placement) !== undefined,
    );
}
