import type * as pulumi from "@pulumi/pulumi";
import type { QuadletService } from "./quadlet-service";
import { Queues } from "../provider/sdk/nats";
import { queueUser, taskStream, type AgentsSettings, type NatsSettings } from "../services";
import { hostPort, type Node } from "../topology";
import type { ConnectionArgs } from "../remote/connection-args";

interface House {
  readonly node: Node;
  readonly connection: ConnectionArgs;
  readonly settings: object;
}

/** The queues of the pools of agents, in the node's NATS. */
export function declareQueues(
  { node, connection, settings }: House,
  nats: QuadletService,
  opts: pulumi.CustomResourceOptions,
): void {
  const { agents, nats: own } = settings as {
    readonly agents?: AgentsSettings;
    readonly nats?: NatsSettings;
  };
  const password = nats.passwords[queueUser];
  if (agents === undefined || own === undefined || password === undefined) return;
  new Queues(
    "agents-queues",
    {
      ...{ connection, user: queueUser, password, stream: taskStream },
      server: hostPort(node.address, own.port),
      pools: Object.fromEntries(
        Object.entries(agents.pools).map(([name, { turns, aliveSeconds, tries }]) => [
          name,
          { turns, aliveSeconds, tries },
        ]),
      ),
    },
    { ...opts, dependsOn: nats.unit },
  );
}
