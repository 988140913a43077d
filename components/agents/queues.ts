import { Queues } from "../../provider/sdk/nats";
import type { ConnectionArgs } from "../../remote/connection-args";
import { queueUser, taskStream, type AgentsSettings, type NatsSettings } from "../../services";
import { hostPort, type Node } from "../../topology";
import type { QuadletService } from "../quadlet-service";

/** The queues of the pools of agents, in the node's NATS. */
export function declareQueues(
  node: Node,
  connection: ConnectionArgs,
  settings: { readonly agents: AgentsSettings; readonly nats: NatsSettings },
  nats: QuadletService,
): void {
  const password = nats.passwords[queueUser];
  // Without pools there is no such user.
  if (password === undefined) return;
  new Queues(
    "agents-queues",
    {
      ...{ connection, user: queueUser, password, stream: taskStream },
      server: hostPort(node.address, settings.nats.port),
      pools: Object.fromEntries(
        Object.entries(settings.agents.pools).map(([name, { turns, aliveSeconds, tries }]) => [
          name,
          { turns, aliveSeconds, tries },
        ]),
      ),
    },
    { dependsOn: nats.unit },
  );
}
