import * as pulumi from "@pulumi/pulumi";
import type { ReplicationEndpoint } from "../components/postgres-replica";
import { UserError } from "../components/user-error";
import { clause, errorMessage } from "../packages/errors";
import { replicationStatus, type ReplicationStatus } from "../remote/replication";
import { closeAll } from "../remote/ssh";
import { postgresSchema, type ReplicaSettings } from "../services";
import type { StorageSettings } from "../settings";
import { connectionOf, type Node, type NodeName, type Topology } from "../topology";
import type { StorageOutputs } from "./storage-outputs";
import type { StackContext } from "./run-stack";
import { isOn } from "./is-on";
import { refuse } from "./refuse";

/** What could not be seen of a node that is on. */
interface Unseen {
  readonly unseen: string;
}

const isUnseen = (looked: ReplicationStatus | Unseen | undefined): looked is Unseen =>
  looked !== undefined && "unseen" in looked;

/** How a node's PostgreSQL stands; undefined when the node is off, which its resources say. */
async function look(
  node: Node,
  identity: string | undefined,
): Promise<ReplicationStatus | Unseen | undefined> {
  if (!(await isOn(node))) return undefined;
  try {
    return await replicationStatus(connectionOf(node, identity), new AbortController().signal);
  } catch (error) {
    const why = clause(errorMessage(error));
    return {
      unseen: `Which of the two PostgreSQL servers is primary is not known: ${node.name}'s cannot be asked (${why}).`,
    };
  }
}

/**
 * storage's stack sets up a primary. When its standby was promoted, what it would do is wrong: a preview says so, an
 * up ends before anything is touched. So it does where that cannot be seen.
 */
export async function requirePrimary(topology: Topology, settings: StorageSettings): Promise<void> {
  const { storage, desktop } = topology.nodes;
  const here = await look(storage, settings.sshIdentity);
  const other =
    settings.postgres.replica.enabled && (isUnseen(here) || here?.role !== "primary")
      ? await look(desktop, settings.sshIdentity)
      : undefined;
  const sentence = notPrimaryReason(isUnseen(here) ? undefined : here, isUnseen(other) ? undefined : other);
  if (sentence === undefined) {
    for (const each of [here, other]) {
      if (isUnseen(each)) refuse(each.unseen);
    }
    return;
  }
  if (!pulumi.runtime.isDryRun()) throw new UserError(`${sentence} Nothing was changed.`);
  void pulumi.log.warn(sentence);
}

/** Why storage's stack must wait, if it must: a sentence. */
export function notPrimaryReason(
  here: ReplicationStatus | undefined,
  other: ReplicationStatus | undefined,
): string | undefined {
  const back = "The way back to storage: docs/runbooks/promote.md.";
  if (other?.role === "primary" || here?.peer?.role === "primary") {
    const since = other?.promoted === undefined ? "" : ` since ${other.promoted}`;
    return `desktop's PostgreSQL is primary${since}, so \`pulumi up --stack storage\` would work against it. ${back}`;
  }
  if (here?.fenced !== undefined || here?.role === "standby") {
    return `storage's PostgreSQL is not primary any more: another one was promoted. ${back}`;
  }
  return undefined;
}

/** Who takes writes, as desktop's PostgreSQL knows it; says what is wrong with the standby. */
export async function currentPrimary({
  node,
  settings,
}: StackContext<"desktop">): Promise<NodeName | "unknown" | undefined> {
  if (!settings.replica.enabled) return undefined;
  const looked = await look(node, settings.sshIdentity);
  await closeAll();
  if (isUnseen(looked)) refuse(looked.unseen);
  const here = isUnseen(looked) ? undefined : looked;
  if (here?.role === "standby" && !here.streaming) {
    void pulumi.log.warn(
      "desktop's standby does not follow at the moment: storage's PostgreSQL is off, or the standby fell too far behind; `npx homelab promote` shows how both stand.",
    );
  }
  if (here?.role === "primary") return "desktop";
  return here?.peer?.role === "primary" ? "storage" : "unknown";
}

/** What storage hands out for its standby. */
export function replicationOf(
  endpoints: pulumi.Output<StorageOutputs | undefined>,
  replica: ReplicaSettings,
): { primaryPort: pulumi.Output<number>; endpoint: pulumi.Output<ReplicationEndpoint> } {
  const known = endpoints.apply((all) => {
    // Only in a preview before storage's first up.
    if (all === undefined) return notYet();
    if (all.replication === undefined) {
      throw new UserError(
        "homelab:replica.enabled is true on desktop, but storage allows no standby: set homelab:postgres.replica.enabled there and run `pulumi up --stack storage` first.",
      );
    }
    const { port, ...endpoint } = all.replication;
    if (port !== replica.port) {
      throw new UserError(
        `homelab:replica.port is ${replica.port}: it must be ${port}, where storage looks for its standby (homelab:postgres.replica.port).`,
      );
    }
    return { port: all.POSTGRES_PORT, endpoint };
  });
  return { primaryPort: pulumi.unsecret(known.port), endpoint: known.endpoint };
}

/** Until storage has handed out its own: what it has by default. */
function notYet(): { port: number; endpoint: ReplicationEndpoint } {
  const { port, baseImage, maxConnections, settings, search, replica } = postgresSchema.parse({});
  return {
    port,
    endpoint: {
      ...{ password: "not-known-yet", networks: [], slotLimit: replica.slotLimit },
      ...{ baseImage, maxConnections, settings, search },
    },
  };
}
