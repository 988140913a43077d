/** Compose files: services, their volumes and where swarm would put them. */
import { unknown } from "../../../engine/facts";
import type { Container, EnvValue, NodeRequirement, Placement, Volume } from "../../../engine/facts";
import { anywhere, noFacts } from "../../../engine/facts";
import { ephemeralFrom } from "../../ephemeral";
import { at, fields, record, text, texts, yes } from "../../values";
import type { Values } from "../../values";
import { hasVariable } from "../../variables";
import { splitWords } from "../../shell/words";
import { canonical, folderOf, origin } from "../context";
import type { FileContext } from "../context";
import { complain } from "../problems";
import { includedBy } from "./include";
import type { Placed, Service } from "./merge";
import { envOf, pathsOfProject, projectOf } from "./project";
import type { Project } from "./project";
import { driverOf, mountVolumes } from "./volumes";

export { isCompose } from "./services";

/**
 * Reads a compose file into the facts, together with the files that `docker compose` takes along, such as the override
 * beside it. A file that comes after another one is read with that; where the first is judged by itself, everything
 * was said there.
 */
export function readCompose(document: Values, context: FileContext): void {
  const paths = pathsOfProject(context);
  const [first = context.path] = paths;
  if (first !== context.path && context.isGiven?.(first) === true) return;
  const project = projectOf(paths, envOf(folderOf(first), context), context, document);
  addProject(project, context, [], new Set());
}

/**
 * @param above the files whose includes led here
 * @param before every file that was included so far
 */
function addProject(
  project: Project,
  context: FileContext,
  above: readonly string[],
  before: Set<string>,
): void {
  const { paths, services, volumes, includes, env } = project;
  // Names are looked up from the file that says them.
  for (const path of paths) addNamedVolumes(volumes, { ...context, path });
  const here = [...above, ...paths.map(canonical)];
  for (const { entry, path } of includes) {
    const included = includedBy(entry, env, here, before, { ...context, path });
    if (included === undefined) continue;
    const inner = included.isJudged ? { ...context, facts: noFacts() } : context;
    addProject(projectOf(included.paths, included.env, { ...inner, path: "" }), inner, here, before);
  }
  for (const [name, service] of services) {
    addService(name, service, project, { ...context, path: service.file });
  }
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

function addService(name: string, service: Service, project: Project, context: FileContext): void {
  const { values, file } = service;
  const ephemeral = ephemeralFrom(labels(values.annotations), labels(values.labels));
  const container = serviceContainer(name, values);
  const missing = project.missing.get(name);
  context.facts.workloads.push({
    origin: origin(context, `service ${name}`),
    engine: "containers",
    placement: swarmPlacement(values),
    volumes: [
      ...[...service.volumes, ...service.tmpfs].flatMap((mount) => volumesOf(mount, name, file)),
      ...fromOthers(name, service, project, context),
      ...(missing === undefined ? [] : unseen(missing, "extends", name, false)),
    ],
    containers: container === undefined ? [] : [container],
    ...(ephemeral === undefined ? {} : { ephemeral }),
  });
}

function volumesOf(mount: Placed, container: string, file: string): Volume[] {
  const volumes = mountVolumes([mount], container);
  return mount.file === file ? volumes : volumes.map((volume) => ({ ...volume, file: mount.file }));
}

function unseen(why: string, name: string, container: string, readOnly: boolean): Volume[] {
  return mountVolumes([{ source: unknown(why), name, target: "", readOnly }], container);
}

/** `volumes_from`: the mounts of other services and of those that these take theirs from, or of a container. */
function fromOthers(name: string, service: Service, project: Project, context: FileContext): Volume[] {
  const volumes: Volume[] = [];
  const seen = new Map<string, boolean>();
  const waiting = texts(service.values.volumes_from).map((entry) => ({ entry, readOnly: false }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [first = "", second, third] = next.entry.split(":");
    const isContainer = first === "container";
    const readOnly = next.readOnly || (isContainer ? third : second) === "ro";
    const other = isContainer ? undefined : project.services.get(first);
    if (other === undefined) {
      const why = `it takes the volumes of ${isContainer ? (second ?? "") : first}, which was not found`;
      volumes.push(...unseen(why, next.entry, name, readOnly));
      continue;
    }
    if (first === name) {
      complain(context, `the service ${name} takes its own volumes by way of others, which compose refuses`);
      continue;
    }
    // Once is enough, but for one that was only read so far.
    if (seen.get(first) === false || (seen.get(first) === true && readOnly)) continue;
    seen.set(first, readOnly);
    const mounts = [...other.volumes, ...other.tmpfs];
    const own = mounts.map((mount) => ({ ...mount, readOnly: mount.readOnly || readOnly }));
    volumes.push(...mountVolumes(own, name));
    waiting.push(...texts(other.values.volumes_from).map((entry) => ({ entry, readOnly })));
  }
  return volumes;
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

/** Merged lists of NAME=VALUE are maps; a name alone has no value here. */
function environment(value: unknown): Record<string, EnvValue> {
  const env: Record<string, EnvValue> = {};
  for (const [key, item] of Object.entries(fields(value))) {
    env[key] = text(item) ?? { kind: "reference", to: "the shell" };
  }
  return env;
}

function labels(value: unknown): Values {
  if (!Array.isArray(value)) {
    const stated = Object.entries(fields(value));
    return Object.fromEntries(stated.map(([key, item]) => [key.trim(), item ?? ""]));
  }
  return labels(Object.fromEntries(texts(value).map((entry) => entry.split(/=(.*)/s, 2))));
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
