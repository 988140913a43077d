import * as pulumi from "@pulumi/pulumi";
import { logsDirectory, postgresExporterUnit } from "../../services";
import { connectionOf } from "../../topology";
import { childOptions } from "../child-options";
import { nothingKeptOn, persistentOn } from "../placement";
import type { ObservabilityStackArgs } from "./args";
import { shipLogs } from "./logs";
import { keepLogs, measureNode, measurePostgres, runAlertmanager, runGrafana, runPrometheus } from "./parts";

/** What a node says of itself; and on always-on nodes Prometheus, which collects it, and Alertmanager, which tells people. */
export class ObservabilityStack extends pulumi.ComponentResource {
  /** Password of the role that reads how PostgreSQL is, where it was made here. Secret. */
  readonly monitorPassword: pulumi.Output<string> | undefined;
  /** Passwords of what was made, by service and key. Secret. */
  readonly passwords: Readonly<Record<string, Readonly<Record<string, pulumi.Output<string>>>>>;

  constructor(name: string, args: ObservabilityStackArgs, opts?: pulumi.ComponentResourceOptions) {
    const { node, topology, sshIdentity, prometheus, alerts, logs, shipping, grafana, postgres } = args;
    const kept = [
      ...[prometheus, alerts].flatMap((one) => (one === undefined ? [] : [one.dataDirectory])),
      ...(logs === undefined ? [] : [logsDirectory(logs)]),
      ...(grafana === undefined ? [] : [grafana.settings.dataDirectory]),
    ];
    super(
      "homelab:index:ObservabilityStack",
      name,
      {
        placement: kept.length === 0 ? nothingKeptOn(node) : persistentOn(node, "ObservabilityStack", kept),
      },
      opts,
    );
    const stack = {
      ...{ name, node, topology, sshIdentity, connection: connectionOf(node, sshIdentity) },
      options: (own?: pulumi.CustomResourceOptions) => childOptions(this, opts, own),
    };
    measureNode(stack, args);
    this.monitorPassword = postgres === undefined ? undefined : measurePostgres(stack, postgres);
    if (alerts !== undefined) runAlertmanager(stack, alerts);
    if (prometheus !== undefined) runPrometheus(stack, prometheus, args.cluster);
    if (logs !== undefined) keepLogs(stack, logs);
    this.passwords = {
      ...(this.monitorPassword === undefined
        ? {}
        : { [postgresExporterUnit]: { password: this.monitorPassword } }),
      ...(grafana === undefined ? {} : { grafana: runGrafana(stack, grafana, shipping) }),
    };
    if (shipping !== undefined) shipLogs(name, { ...stack, settings: shipping }, stack.options);
    this.registerOutputs({});
  }
}
