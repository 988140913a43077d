import type { z } from "zod";
import {
  addressesOf,
  goesByMesh,
  hostPort,
  houseAddress,
  nodeNames,
  type Node,
  type NodeName,
  type Topology,
} from "../topology";
import { services as house, type ServiceName } from "./catalog";
import { postgresSchema, type PostgresSettings } from "./postgres";
import { secretName, type Service, type ServiceContext, type ServicePort, type Services } from "./service";

type House = typeof house;
type Of<N extends NodeName> = {
  [K in ServiceName]: N extends House[K]["on"][number] ? House[K] : never;
}[ServiceName];

/** The part of a stack's settings that its services have, by their keys. */
export type ServiceSettings<N extends NodeName> = {
  [S in Of<N> as S["key"] extends `${string}.${string}` ? never : S["key"]]: z.output<S["settings"]>;
};

/** A service that runs on a node, with its settings. */
export interface Running {
  /** Its name in the house, or of its unit where a key holds several. */
  readonly name: string;
  readonly service: Service;
  readonly settings: unknown;
  /** The settings that hold its own, where its key has a point. */
  readonly within: unknown;
}

/**
 * What the other rooms are told of the services. Each function takes the services as its last argument: those of the
 * house, unless a test has others.
 */

/** The services that a node may have. */
const servicesOf = (node: NodeName, all: Services = house) =>
  Object.entries(all).filter(([, { on }]) => on.includes(node));

/** Schemas of a stack's keys. */
export function schemasOn<N extends NodeName>(node: N, all: Services = house) {
  const own = servicesOf(node, all).filter(([, { key }]) => !key.includes("."));
  return Object.fromEntries(own.map(([, { key, settings }]) => [key, settings.prefault({})])) as unknown as {
    [S in Of<N> as S["key"] extends `${string}.${string}` ? never : S["key"]]: z.ZodPrefault<S["settings"]>;
  };
}

/** A service's own settings among those of its stack, and the settings that hold them where its key has a point. */
function settingsOf({ key }: Service, settings: object) {
  const [top = "", inner] = key.split(".");
  const outer = (settings as Readonly<Record<string, unknown>>)[top];
  return inner === undefined
    ? { own: outer, within: undefined }
    : { own: (outer as Readonly<Record<string, unknown>>)[inner], within: outer };
}

/** Services that run on a node. @param settings of its stack */
export const runningOn = (node: NodeName, settings: object, all: Services = house): Running[] =>
  servicesOf(node, all).flatMap(([name, service]) => {
    const { own, within } = settingsOf(service, settings);
    if (!service.enabled(own, within, settings)) return [];
    const each = service.each?.(own) ?? [{ name, service }];
    return each
      .filter((one) => one.service.enabled(own, within, settings))
      .map((one) => ({ ...one, settings: own, within }));
  });

/** A port that is open on a node, and whose it is. */
export interface OpenPort extends ServicePort {
  readonly service: Service;
}

/** Ports that are open on a node. */
export const portsOf = (node: NodeName, settings: object, all: Services = house): OpenPort[] =>
  runningOn(node, settings, all).flatMap(({ service, settings: own }) =>
    (service.ports?.(own, settings) ?? []).map((port) => ({ ...port, service })),
  );

/**
 * Who may connect to a port by the LAN, beside the node itself.
 * @param meshOnly whether nodes come by the mesh alone (`homelab:mesh.only`).
 */
export function clientsOf(
  { from, carries, lan }: ServicePort,
  topology: Topology,
  meshOnly = false,
): readonly string[] | "anyone" {
  if (from === "anyone") return from;
  const closed = meshOnly || (lan === "before-mesh" && goesByMesh(topology));
  if (closed && carries !== "mesh" && lan !== "always") return from === "operators" ? topology.operators : [];
  if (from === "nodes") return addressesOf(topology);
  if (from === "operators") return [...addressesOf(topology), ...topology.operators];
  return from.map((name) => topology.nodes[name].address);
}

/** PostgreSQL's settings on storage with what its services keep their books in; what the stack file says of these names stays. */
export function postgresWith(
  settings: { readonly postgres: PostgresSettings },
  all: Services = house,
): PostgresSettings {
  const books = runningOn("storage", settings, all).flatMap(
    ({ service, settings: own }) => service.database?.(own) ?? [],
  );
  const made = postgresSchema.parse({
    roles: Object.fromEntries(books.map(({ role }) => [role, {}])),
    databases: Object.fromEntries(
      books.map(({ role, database, extensions }) => [database, { owner: role, extensions: [...extensions] }]),
    ),
  });
  return {
    ...settings.postgres,
    roles: { ...made.roles, ...settings.postgres.roles },
    databases: { ...made.databases, ...settings.postgres.databases },
  };
}

/** Units on storage that keep their books in its PostgreSQL. */
export const bookkeepers = (settings: object, all: Services = house): string[] =>
  runningOn("storage", settings, all).flatMap(({ name, service }) =>
    service.database === undefined ? [] : [`${name}.service`],
  );

/**
 * Who may connect to a port by the mesh. A packet that comes by it has passed the mesh's own policy, which knows the people
 * of a tailnet by name; nodes are known by their address here, too.
 * @param operators whether people of the tailnet may connect where `operators` may.
 */
export function meshClientsOf(
  { from, carries }: ServicePort,
  node: Node,
  topology: Topology,
  operators: boolean,
): readonly string[] | "anyone" {
  if (carries === "mesh") return [];
  if (from === "anyone" || (from === "operators" && operators)) return "anyone";
  const names = typeof from === "string" ? nodeNames : from;
  return names.filter((name) => name !== node.name).flatMap((name) => topology.nodes[name].mesh ?? []);
}

/**
 * URLs of ports, by the stack output that tells others of them.
 * @param from who is told. @default any other machine
 */
export function urlsOf(node: Node, ports: readonly ServicePort[], from?: Node): Record<string, string> {
  const address = houseAddress(node, from);
  return Object.fromEntries(
    ports.flatMap(({ output, scheme = "http", port }) =>
      output === undefined ? [] : [[output, `${scheme}://${hostPort(address, port)}`]],
    ),
  );
}

/** Services of a node that run as quadlets, as QuadletService takes them. */
export const quadletsOn = (context: ServiceContext, settings: object, all: Services = house) =>
  runningOn(context.node.name, settings, all).flatMap(({ name, service, settings: own, within }) => {
    const run = service.quadlet?.(own, context);
    return run === undefined ? [] : [{ name, service, own, keeps: service.keeps(own, within), run }];
  });

/** Images that the program uses where a stack file names no other: those that `homelab pin` looks up. */
export const productionImages = (all: Services = house): string[] => [
  ...new Set(Object.values(all).flatMap((service) => service.images?.(service.settings.parse({})) ?? [])),
];

/** Names of the podman secrets of a node's services. */
export const secretNames = (node: NodeName, settings: object, all: Services = house): string[] =>
  runningOn(node, settings, all).flatMap(({ name, service, settings: own }) =>
    service.pod === undefined
      ? [...(service.passwords?.(own) ?? []), ...Object.keys(service.secrets?.(own) ?? {})].map((key) =>
          secretName(name, key),
        )
      : [],
  );

/** What is scraped on a node, beside the exporter that measures it. */
export const scrapedOn = (node: NodeName, settings: object, all: Services = house) =>
  portsOf(node, settings, all).flatMap(({ title, port, metrics: path }) =>
    path === undefined ? [] : [{ title, port, path }],
  );

/** What is wrong with a stack's settings that their schemas cannot see: one message per problem. */
export function serviceProblems(
  node: Node,
  topology: Topology,
  settings: object,
  all: Services = house,
): string[] {
  const given = {
    ...{ node, topology, stack: settings as Readonly<Record<string, unknown>> },
    outputs: portsOf(node.name, settings, all).flatMap(({ output }) => output ?? []),
    users: Object.fromEntries(
      runningOn(node.name, settings, all).map(({ name, service, settings: own }) => [
        name,
        service.passwords?.(own) ?? [],
      ]),
    ),
  };
  const own = servicesOf(node.name, all).flatMap(
    ([, service]) => service.problems?.(settingsOf(service, settings).own, given) ?? [],
  );
  return [...own, ...misplaced(node, settings, all), ...unsaved(node, settings, all)];
}

/** Services that keep data where it may vanish; one of several of a kind is judged by what holds them, which knows its keys. */
const misplaced = ({ name, lifecycle }: Node, settings: object, all: Services) =>
  lifecycle === "always-on"
    ? []
    : runningOn(name, settings, all).flatMap(({ name: of, service, settings: own, within }) =>
        all[of] === service && service.keeps(own, within).kind === "persistent"
          ? [
              `homelab:${service.key} is switched on: it must be off, because ${service.title} keeps data and ${name} is ${lifecycle} in the topology.`,
            ]
          : [],
      );

/** Data that would be in no backup, because the node's files are in none. */
function unsaved({ name, lifecycle }: Node, settings: object, all: Services): string[] {
  const { backup } = settings as { readonly backup?: { readonly files?: unknown } };
  // On an on-demand node it must not be kept at all, which is said already.
  if (backup?.files !== false || lifecycle !== "always-on") return [];
  return keptFiles(name, settings, all).map(
    (path) =>
      `homelab:backup.files is false: it must be true, because a service keeps data in ${path}, which is backed up with the files.`,
  );
}

/** Paths of a node that are backed up with its files. */
export const keptFiles = (node: NodeName, settings: object, all: Services = house): string[] =>
  runningOn(node, settings, all).flatMap((one) => {
    const keeps = one.service.keeps(one.settings, one.within);
    if (keeps.kind !== "persistent") return [];
    if (keeps.backup === "files") return keeps.paths;
    return "dump" in keeps.backup ? [keeps.backup.dump] : [];
  });
