import { bookkeeperIn, isPointedAtDatabase } from "../engine/books";
import { givenAt, textsOf, wholeEnvOf } from "../engine/given";
import type { Finding, Rule } from "../engine/verdicts";

export const localBooks: Rule = {
  name: "local-books",
  title: "No service that keeps its books in a local file on an on-demand node",
  why: "MLflow, Dagster, Prefect and Grafana start happily without a database and then write runs, schedules and dashboards to a SQLite file or a directory in the container. Nobody notices until it is gone.",
  violations: [
    "A container that runs MLflow's server, Dagster's web server or daemon, Prefect's server, Grafana, or another service that keeps its books in a local file by default, and is not pointed at a database off the node.",
    "A database address that is a local file, SQLite, or the machine itself.",
  ],
  allowed: [
    "The service pointed at a database by argument, variable, reference to a secret, or a configuration file in what was read.",
    "A volume at its data directory: what kind it may be is for the other rules. emptyDir and tmpfs are fine.",
    "Workers, agents, clients and code servers of these: they keep no books.",
  ],
  wayOut:
    "Point it at a database on an always-on node, or say with homelab.dev/ephemeral why losing its books costs nothing.",
  *check(stack): Iterable<Finding> {
    for (const workload of stack.facts.workloads) {
      for (const container of workload.containers) {
        const keeper = bookkeeperIn(container);
        if (keeper === undefined || givenAt(workload, container, keeper.dataDirs)) continue;
        const env = wholeEnvOf(workload, container, stack);
        if (isPointedAtDatabase(keeper, container, env, textsOf(workload, container, stack))) continue;
        const node = stack.landsOn(workload.placement);
        if (node === undefined) break;
        const { file, resource } = workload.origin;
        yield {
          file,
          resource,
          detail: `Container ${container.name} of ${resource} runs ${keeper.product}, which keeps its books in ${keeper.keeps} unless it is pointed at a database, on the on-demand node ${node}.`,
          fix: `Point it at a database on an always-on node: ${keeper.point}; or declare homelab.dev/ephemeral with a reason.`,
          ephemeral: workload.ephemeral,
          names: [container.name],
        };
      }
    }
  },
};
