import type { ConnectionArgs } from "../../remote/connection-args";
import { lookAtNode, superuserPassword, type Folder, type NodeFacts } from "../../remote/migration";
import { listenOn, openStream } from "../../remote/ssh";
import type { Side } from "./access";
import { factsOf, meant, serverFacts } from "./facts";
import { readMarker, type Pair } from "./names";
import { plan, type Found, type Plan } from "./plan";
import type { Source } from "./source";

/** Everything that says what is to be moved from where to where. */
export interface Request {
  /** Of the migration: its folder, its container and its marks on the target bear it. */
  readonly name: string;
  readonly source: Source;
  /** The node that reaches the source; the target's own, unless the source is to be reached through another by SSH. */
  readonly via: ConnectionArgs | undefined;
  readonly target: { readonly connection: ConnectionArgs; readonly port: number };
  /** @default all that the source has */
  readonly databases: readonly Pair[];
  readonly owners: Readonly<Record<string, string>>;
  readonly jobs: number | undefined;
  /** On the target's node; a folder for this migration is made in it. */
  readonly workDirectory: string;
  readonly signal: AbortSignal;
}

export interface Prepared {
  readonly source: Side;
  readonly target: Side;
  readonly folder: Folder;
  readonly machine: NodeFacts;
  readonly found: Found;
  readonly plan: Plan;
}

type Target = Pick<Request, "name" | "target" | "workDirectory" | "signal">;

const folderOf = ({ name, target, workDirectory, signal }: Target): Folder => ({
  ...{ connection: target.connection, name, path: `${workDirectory}/${name}`, signal },
});

/** The target as its superuser, on the node's loopback. */
async function targetSide(request: Target): Promise<Side> {
  const { connection, port } = request.target;
  const password = await superuserPassword(folderOf(request));
  return {
    role: "target",
    through: connection,
    server: { host: "127.0.0.1", port, user: "postgres", password, database: "postgres" },
    signal: request.signal,
    stream: () => openStream(connection, "127.0.0.1", port, request.signal),
  };
}

/** Which of the databases this migration has moved already, by their marks on the target: the source need not be there any more. */
export async function movedAlready(
  request: Target & Pick<Request, "databases">,
): Promise<Map<string, string>> {
  const { databases } = await serverFacts(await targetSide(request));
  return new Map(
    request.databases.flatMap(({ from, to }) => {
      const marker = readMarker(databases.find(({ name }) => name === to)?.comment);
      const is = marker?.homelabMigration === request.name && marker.source.endsWith(`/${from}`);
      return is && marker.state === "moved" ? [[to, marker.at] as const] : [];
    }),
  );
}

/** Looks at both sides. Nothing is changed. */
export async function prepare(request: Request): Promise<Prepared> {
  const { name } = request;
  const { connection } = request.target;
  const folder = folderOf(request);
  const [machine, target] = await Promise.all([lookAtNode(folder), targetSide(request)]);
  const source = sourceSide(request);
  const [theirs, ours] = await Promise.all([serverFacts(source), serverFacts(target)]);
  const asked =
    request.databases.length > 0
      ? request.databases.map(({ from }) => from)
      : theirs.databases.map((row) => row.name);
  const sourceDatabases = await factsOf(source, theirs, asked);
  const pairs = meant(request.databases, theirs, sourceDatabases);
  const found: Found = {
    ...{ name, node: connection.node, source: theirs, target: ours, machine, pairs, sourceDatabases },
    ...{ owners: request.owners, jobs: request.jobs },
    targetDatabases: await factsOf(
      target,
      ours,
      pairs.map(({ to }) => to),
    ),
  };
  return { source, target, folder, machine, found, plan: plan(found) };
}

function sourceSide({ source, via, target, signal }: Request): Side {
  const through = via ?? target.connection;
  return {
    role: "source",
    through,
    server: source,
    signal,
    stream: () => openStream(through, source.host, source.port, signal),
  };
}

/** How the target's node reaches the source: by itself, or by a port of its own that ends here and goes on to the other node. */
export async function sourceFromNode(
  request: Request,
  source: Side,
): Promise<{ host: string; port: number; close: () => void }> {
  if (request.via === undefined || request.via.node === request.target.connection.node) {
    return { host: request.source.host, port: request.source.port, close: () => undefined };
  }
  const tunnel = await listenOn(request.target.connection, () => source.stream());
  return {
    host: "127.0.0.1",
    port: tunnel.port,
    close: () => {
      tunnel.close();
    },
  };
}
