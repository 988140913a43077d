import type { z } from "zod";
import { addressesOf, hostPort, type Node, type NodeName, type Topology } from "../topology";
import { services, type ServiceName } from "./house";
import type { Service, ServiceContext, ServicePort } from "./service";

type Services = typeof services;
type Of<N extends NodeName> = {
  [K in ServiceName]: N extends Services[K]["on"][number] ? Services[K] : never;
}[ServiceName];

/** The part of a stack's settings that its services have, by their keys. */
export type ServiceSettings<N extends NodeName> = {
  [S in Of<N> as S["key"] extends `${string}.${string}` ? never : S["key"]]: z.output<S["settings"]>;
};

/** A service that runs on a node, with its settings. */
export interface Running {
  readonly name: ServiceName;
  readonly service: Service;
  readonly settings: unknown;
  /** The settings that hold its own, where its key has a point. */
  readonly within: unknown;
}

const entries = Object.entries(services) as [ServiceName, Service][];

/** The services that a node may have. */
export const servicesOf = (node: NodeName) => entries.filter(([, { on }]) => on.includes(node));

/** Schemas of a stack's keys. */
export function schemasOn<N extends NodeName>(node: N) {
  const own = servicesOf(node).filter(([, { key }]) => !key.includes("."));
  return Object.fromEntries(own.map(([, { key, settings }]) => [key, settings.prefault({})])) as unknown as {
    [S in Of<N> as S["key"] extends `${string}.${string}` ? never : S["key"]]: z.ZodPrefault<S["settings"]>;
  };
}

/** Services that run on a node. @param settings of its stack */
export function runningOn(node: NodeName, settings: object): Running[] {
  return servicesOf(node).flatMap(([name, service]) => {
    const [top = "", inner] = service.key.split(".");
    const outer = (settings as Readonly<Record<string, unknown>>)[top];
    const own = inner === undefined ? outer : (outer as Readonly<Record<string, unknown>>)[inner];
    const within = inner === undefined ? undefined : outer;
    return service.enabled(own, within) ? [{ name, service, settings: own, within }] : [];
  });
}

/** A port that is open on a node, and whose it is. */
export interface OpenPort extends ServicePort {
  readonly service: Service;
}

/** Ports that are open on a node. */
export const portsOf = (node: NodeName, settings: object): OpenPort[] =>
  runningOn(node, settings).flatMap(({ service, settings: own }) =>
    (service.ports?.(own) ?? []).map((port) => ({ ...port, service })),
  );

/** Who may connect to a port, beside the node itself. */
export function clientsOf({ from }: ServicePort, topology: Topology): readonly string[] | "anyone" {
  if (from === "anyone") return from;
  if (from === "nodes") return addressesOf(topology);
  if (from === "operators") return [...addressesOf(topology), ...topology.operators];
  return from.map((name) => topology.nodes[name].address);
}

/** URLs of ports, by the stack output that tells others of them. */
export function urlsOf({ address }: Node, ports: readonly ServicePort[]): Record<string, string> {
  return Object.fromEntries(
    ports.flatMap(({ output, scheme = "http", port }) =>
      output === undefined ? [] : [[output, `${scheme}://${hostPort(address, port)}`]],
    ),
  );
}

/** Services of a node that run as quadlets, as QuadletService takes them. */
export const quadletsOn = (context: ServiceContext, settings: object) =>
  runningOn(context.node.name, settings).flatMap(({ name, service, settings: own, within }) => {
    const run = service.quadlet?.(own, context);
    return run === undefined ? [] : [{ name, service, own, keeps: service.keeps(own, within), run }];
  });

/** Images that the program uses where a stack file names no other: those that `homelab pin` looks up. */
export const productionImages = (): string[] => [
  ...new Set(entries.flatMap(([, service]) => service.images?.(service.settings.parse({})) ?? [])),
];

/** Paths of a node that are backed up with its files. */
export const keptFiles = (node: NodeName, settings: object): string[] =>
  runningOn(node, settings).flatMap((one) => {
    const keeps = one.service.keeps(one.settings, one.within);
    return keeps.kind === "persistent" && keeps.backup === "files" ? keeps.paths : [];
  });
