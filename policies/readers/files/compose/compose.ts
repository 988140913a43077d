/** Compose files: services, their volumes and where swarm would put them. */
import { unknown } from "../../../engine/facts";
import type { Container, EnvValue, Mount, NodeRequirement, Placement, Volume } from "../../../engine/facts";
import { anywhere } from "../../../engine/facts";
import { ephemeralFrom } from "../../ephemeral";
import { at, fields, list, record, text, textMap, texts, yes } from "../../values";
import type { Values } from "../../values";
import { hasVariable } from "../../variables";
import { splitWords } from "../../shell/words";
import { baseName, beside, origin } from "../context";
import type { FileContext } from "../context";
import { parseYaml } from "../yaml";
import { interpolateAll, parseEnvFile } from "./interpolate";
import { mergeServices, mergeVolumes, overridden, overrideOf, readIncluded } from "./project";
import { driverOf, serviceMount } from "./volumes";
import type { ServiceMount } from "./volumes";

const composeName = /(^|[._-])(compose|stack|swarm)([._-]|$)/i;

/** The services of a compose file of any version, or undefined where the document is none. */
function servicesOf(document: Values, path: string): Values | undefined {
  // Pipelines of CI systems, values of charts and the schema of compose itself have services too.
  if (
    ["steps", "jobs", "pipeline", "stages", "apiVersion", "definitions", "$defs"].some(
      (key) => document[key] !== undefined,
    )
  ) {
    return undefined;
  }
  if (/^values.*\.ya?ml$/i.test(baseName(path))) return undefined;
  const services = record(document.services);
  if (services !== undefined) {
    const looksLike = Object.values(services).some((service) => isService(service));
    return looksLike || composeName.test(baseName(path)) ? services : undefined;
  }
  if (!/compose|^fig\./i.test(baseName(path))) return undefined;
  if (Array.isArray(document.include)) return {};
  // Version 1 has its services at the top.
  const entries = Object.entries(document).filter(([, value]) => isService(value));
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function isService(value: unknown): boolean {
  const service = record(value);
  return (
    service !== undefined &&
    ["image", "build", "volumes", "extends", "tmpfs", "volumes_from"].some(
      (key) => service[key] !== undefined,
    )
  );
}

export function isCompose(document: unknown, path: string): boolean {
  const file = record(document);
  return file !== undefined && servicesOf(file, path) !== undefined;
}

/**
 * Reads a compose file into the facts, together with the override beside it, as `docker compose` takes the two. An
 * override is read with its base; where that is judged by itself, everything was said there.
 */
export function readCompose(document: Values, context: FileContext, depth = 0): void {
  const base = overridden(context);
  if (base !== undefined) {
    if (context.isGiven?.(base.path) !== true) readCompose(base.document, { ...context, path: base.path });
    return;
  }
  const own = filledIn(document, context);
  const override = overrideOf(context);
  const overContext = { ...context, path: override?.path ?? context.path };
  const over = override === undefined ? {} : filledIn(override.document, overContext);
  const volumes = mergeVolumes(fields(own.volumes), fields(over.volumes));
  addNamedVolumes(volumes, context);
  if (override !== undefined) addNamedVolumes(volumes, overContext);
  readIncluded(own.include, context, depth, readCompose);
  const first = servicesOf(own, context.path) ?? {};
  const second = servicesOf(over, overContext.path) ?? {};
  const services = { ...second, ...first };
  for (const name of Object.keys(services)) {
    const service = resolved(name, first, context, 0);
    const later = resolved(name, second, overContext, 0);
    const merged =
      service === undefined || later === undefined ? (service ?? later) : mergeServices(service, later);
    if (merged === undefined) continue;
    const asContext = service === undefined ? overContext : context;
    addService(name, merged, services, asContext, later === undefined ? undefined : overContext.path, later);
  }
}

/** A document with the values of its variables, as far as they are known. */
function filledIn(document: Values, context: FileContext): Values {
  const env = parseEnvFile(context.lookup(beside(context.path, ".env")) ?? "");
  return fields(interpolateAll(document, { XDG_RUNTIME_DIR: "/run/user/1000", ...env }));
}

/** A service with what it extends: own keys win, lists of mounts add up. */
function resolved(name: string, services: Values, context: FileContext, depth: number): Values | undefined {
  const service = record(services[name]);
  const base = service?.extends;
  if (service === undefined || base === undefined || base === null || depth > 8) return service;
  const baseService = text(base) ?? text(at(base, "service")) ?? name;
  const file = text(at(base, "file"));
  const parent =
    file === undefined
      ? resolved(baseService, services, context, depth + 1)
      : fromFile(beside(context.path, file), baseService, context, depth + 1);
  if (parent === undefined) {
    const missing = `the service ${baseService} that it extends was not found`;
    return { ...service, "x-homelab-missing": missing };
  }
  const merged: Record<string, unknown> = { ...parent, ...service };
  for (const key of ["volumes", "tmpfs"]) merged[key] = [...asList(parent[key]), ...asList(service[key])];
  merged.environment = { ...environment(parent.environment), ...environment(service.environment) };
  return merged;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? list(value) : value === undefined || value === null ? [] : [value];
}

function fromFile(path: string, service: string, context: FileContext, depth: number): Values | undefined {
  const content = context.lookup(path);
  if (content === undefined) return undefined;
  const parsed = parseYaml(content);
  if ("error" in parsed) return undefined;
  const file = fields(interpolateAll(parsed.documents[0], {}));
  return resolved(service, fields(file.services ?? file), { ...context, path }, depth);
}

function addNamedVolumes(volumes: Values, context: FileContext): void {
  for (const [key, value] of Object.entries(volumes)) {
    const volume = fields(value);
    const external = volume.external;
    const name = text(volume.name) ?? text(at(external, "name"));
    const ephemeral = ephemeralFrom(labels(volume.labels));
    const { driver, options } = driverOf(volume);
    context.facts.namedVolumes.push({
      origin: origin(context, `volume ${key}`),
      names: [...new Set([key, ...(name === undefined ? [] : [name])])],
      driver: hasVariable(driver) ? unknown(`${driver} has no value here`) : driver,
      options,
      external: record(external) !== undefined || yes(external),
      makesItself: false,
      placement: anywhere,
      ...(ephemeral === undefined ? {} : { ephemeral }),
    });
  }
}

function addService(
  name: string,
  service: Values,
  services: Values,
  context: FileContext,
  overPath?: string,
  over: Values = {},
): void {
  const overs = new Set(mountsOf(over).map((mount) => `${mount.name} ${mount.target}`));
  const fileOf = (mount: ServiceMount): { file?: string } =>
    overPath !== undefined && overs.has(`${mount.name} ${mount.target}`) ? { file: overPath } : {};
  const ephemeral = ephemeralFrom(labels(service.annotations), labels(service.labels));
  const container = serviceContainer(name, service);
  const volumes = [
    ...mountsOf(service).flatMap((mount) =>
      mountVolumes([mount], name).map((volume) => ({ ...volume, ...fileOf(mount) })),
    ),
    ...fromOthers(name, service, services, context, 0),
    ...missingParts(service, name),
  ];
  context.facts.workloads.push({
    origin: origin(context, `service ${name}`),
    engine: "containers",
    placement: swarmPlacement(service),
    volumes,
    containers: container === undefined ? [] : [container],
    ...(ephemeral === undefined ? {} : { ephemeral }),
  });
}

function mountsOf(service: Values): readonly ServiceMount[] {
  const stated = service.volumes;
  const volumes =
    stated === undefined || stated === null || Array.isArray(stated)
      ? list(stated).flatMap((entry) => serviceMount(entry) ?? [])
      : [{ source: unknown("volumes is not a list"), name: "volumes", target: "", readOnly: false }];
  const tmpfs = texts(service.tmpfs).map((entry) => ({
    source: { kind: "ephemeral", as: "tmpfs" } as const,
    name: entry,
    target: entry.split(":")[0] ?? entry,
    readOnly: false,
  }));
  return [...volumes, ...tmpfs];
}

/** Mounts as volumes of one container. */
export function mountVolumes(mounts: readonly ServiceMount[], container: string): Volume[] {
  return mounts.map(({ source, name, target, readOnly }) => ({
    name,
    source,
    mounts: [{ container, target, readOnly } satisfies Mount],
    mountsKnown: true,
  }));
}

function missingParts(service: Values, container: string): Volume[] {
  const missing = text(service["x-homelab-missing"]);
  if (missing === undefined) return [];
  return mountVolumes(
    [{ source: unknown(missing), name: "extends", target: "", readOnly: false }],
    container,
  );
}

/** `volumes_from`: the mounts of another service, or of a container nobody described. */
function fromOthers(
  name: string,
  service: Values,
  services: Values,
  context: FileContext,
  depth: number,
): Volume[] {
  return texts(service.volumes_from).flatMap((entry) => {
    const [first = "", second, third] = entry.split(":");
    const isContainer = first === "container";
    const readOnly = (isContainer ? third : second) === "ro";
    const other = isContainer || depth > 8 ? undefined : resolved(first, services, context, 0);
    if (other === undefined) {
      const why = `it takes the volumes of ${isContainer ? (second ?? "") : first}, which was not found`;
      return mountVolumes([{ source: unknown(why), name: entry, target: "", readOnly }], name);
    }
    const own = mountsOf(other).map((mount) => ({ ...mount, readOnly: mount.readOnly || readOnly }));
    return [...mountVolumes(own, name), ...fromOthers(name, other, services, context, depth + 1)];
  });
}

function serviceContainer(name: string, service: Values): Container | undefined {
  const image = text(service.image);
  if (image === undefined) return undefined;
  const entrypoint = command(service.entrypoint);
  const args = command(service.command);
  return {
    name,
    image,
    role: "main",
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(args === undefined ? {} : { args }),
    env: environment(service.environment),
    envFrom: [],
  };
}

function command(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  return Array.isArray(value) ? texts(value) : splitWords(text(value) ?? "");
}

function environment(value: unknown): Record<string, EnvValue> {
  const env: Record<string, EnvValue> = {};
  for (const entry of texts(value)) {
    const [key = "", ...rest] = entry.split("=");
    env[key] = rest.length === 0 ? { kind: "reference", to: "the shell" } : rest.join("=");
  }
  const map = record(value);
  if (map === undefined) return env;
  for (const [key, item] of Object.entries(map)) {
    env[key] = text(item) ?? { kind: "reference", to: "the shell" };
  }
  return env;
}

function labels(value: unknown): Values {
  if (!Array.isArray(value)) return textMap(value);
  return Object.fromEntries(
    texts(value).map((entry) => {
      const [key = "", ...rest] = entry.split("=");
      return [key.trim(), rest.join("=")];
    }),
  );
}

/** Swarm's placement constraints; compose itself states none. */
function swarmPlacement(service: Values): Placement {
  const constraints = texts(at(service, "deploy", "placement", "constraints"));
  const requirements = constraints.flatMap((constraint): NodeRequirement[] => {
    const parts = /^\s*([\w.\-/]+)\s*(==|!=)\s*(.+?)\s*$/.exec(constraint);
    if (parts === null) return [];
    const [, key = "", operator, value = ""] = parts;
    const name = /^node\.(hostname|id)$/.test(key)
      ? "kubernetes.io/hostname"
      : key.replace(/^node\.labels\./, "");
    return [{ key: name, operator: operator === "==" ? "In" : "NotIn", values: [value] }];
  });
  return requirements.length === 0 ? anywhere : { ...anywhere, required: [[requirements]] };
}
