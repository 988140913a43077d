/** Which files are one compose project together, what they say once merged, and the values of their variables. */
import { at, fields, list, record, text } from "../../values";
import type { Values } from "../../values";
import { baseName, beside, canonical, folderOf, inFolder } from "../context";
import type { FileContext } from "../context";
import { complain } from "../problems";
import { isReset } from "../tags";
import { parseYaml } from "../yaml";
import { interpolateAll, parseEnvFile } from "./interpolate";
import { mergeMaps, mergeService } from "./merge";
import type { Service } from "./merge";
import { servicesOf } from "./services";

/** Names that `docker compose` looks for, in its order. */
const defaults = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
const overrides = [
  "compose.override.yml",
  "compose.override.yaml",
  "docker-compose.override.yml",
  "docker-compose.override.yaml",
];

export type Env = Readonly<Record<string, string>>;

/** A project's files merged into one. */
export interface Project {
  /** The files, in the order in which they count. */
  readonly paths: readonly string[];
  readonly services: ReadonlyMap<string, Service>;
  readonly volumes: Values;
  /** What each file includes, with the file. */
  readonly includes: readonly { readonly entry: unknown; readonly path: string }[];
  /** Clauses about what a service extends and was not found, by service. */
  readonly missing: ReadonlyMap<string, string>;
  readonly env: Env;
}

/** The files that are read with a file when `docker compose` is called in its folder, itself among them. */
export function pathsOfProject(context: FileContext): readonly string[] {
  const folder = folderOf(context.path);
  const isThis = (path: string): boolean => canonical(path) === canonical(context.path);
  const listed = composeFile(folder, context);
  if (listed.some(isThis)) return listed.map((path) => (isThis(path) ? context.path : path));
  const present = (name: string): boolean => context.lookup(inFolder(folder, name)) !== undefined;
  const own = baseName(context.path);
  if (defaults.includes(own) && listed.length === 0) {
    const override = overrides.find(present);
    return override === undefined ? [context.path] : [context.path, inFolder(folder, override)];
  }
  if (overrides.includes(own) && listed.length === 0) {
    const base = defaults.find(present);
    // Of several overrides compose takes the first; one that it never takes is judged by itself.
    if (base !== undefined && overrides.find(present) === own) return [inFolder(folder, base), context.path];
  }
  return [context.path];
}

/** The files that COMPOSE_FILE of the .env beside names; none where it does not. */
function composeFile(folder: string, context: FileContext): readonly string[] {
  const env = parseEnvFile(context.lookup(inFolder(folder, ".env")) ?? "");
  const stated = env.COMPOSE_FILE ?? "";
  return stated
    .split(env.COMPOSE_PATH_SEPARATOR ?? ":")
    .filter((path) => path.trim() !== "")
    .map((path) => beside(inFolder(folder, ".env"), path.trim()));
}

/** The values of a project's variables: those of its folder's .env, where no others are named. */
export function envOf(folder: string, context: FileContext, files?: readonly string[]): Env {
  const texts = (files ?? [inFolder(folder, ".env")]).map((path) => context.lookup(path) ?? "");
  return Object.assign({ XDG_RUNTIME_DIR: "/run/user/1000" }, ...texts.map(parseEnvFile)) as Env;
}

/** Merges the files of a project. @param first the document of the given path, where it was parsed already */
export function projectOf(paths: readonly string[], env: Env, context: FileContext, own?: Values): Project {
  const services = new Map<string, Service>();
  const missing = new Map<string, string>();
  const includes: { entry: unknown; path: string }[] = [];
  let volumes: Values = {};
  for (const path of paths) {
    const document = path === context.path && own !== undefined ? own : documentAt(path, context);
    if (document === undefined) continue;
    const file = fields(interpolateAll(document, env));
    const stated = servicesOf(file, path) ?? {};
    for (const [name, raw] of Object.entries(stated)) {
      if (isReset(raw)) services.delete(name);
      else if (record(raw) !== undefined) {
        const found = resolved(name, stated, { ...context, path }, env, []);
        for (const why of found.missing) missing.set(name, why);
        let service = services.get(name);
        for (const layer of found.layers) service = mergeService(service, layer, path);
        if (service !== undefined) services.set(name, service);
      }
    }
    volumes = mergeMaps({ volumes }, { volumes: file.volumes ?? {} }).volumes as Values;
    for (const entry of typeof file.include === "string" ? [file.include] : list(file.include))
      includes.push({ entry, path });
  }
  return { paths, services, volumes: fields(volumes), includes, missing, env };
}

/** A file's first document; undefined where there is no such file. A file that cannot be read is complained of. */
function documentAt(path: string, context: FileContext): Values | undefined {
  const content = context.lookup(path);
  if (content === undefined) return undefined;
  const parsed = parseYaml(content);
  if (!("error" in parsed)) return record(parsed.documents[0]) ?? {};
  complain(context, `${path}, which counts with it, is not valid YAML: ${parsed.error}`);
  return {};
}

/** Services that extend each other over more than these are no file that people write. */
const deepest = 64;

interface Layers {
  /** What is laid one upon the other: the service that is extended first. */
  readonly layers: readonly Values[];
  readonly missing: readonly string[];
}

/** A service with what it extends. @param above the services that led here, as "FILE SERVICE" */
function resolved(
  name: string,
  services: Values,
  context: FileContext,
  env: Env,
  above: readonly string[],
): Layers {
  const service = record(services[name]);
  if (service === undefined)
    return { layers: [], missing: [`the service ${name} that it extends was not found`] };
  const base = service.extends;
  if (base === undefined || base === null || isReset(base)) return { layers: [service], missing: [] };
  const here = `${canonical(context.path)} ${name}`;
  if (above.includes(here)) {
    complain(context, `the service ${name} extends itself by way of others, which compose refuses`);
    return { layers: [service], missing: [] };
  }
  if (above.length > deepest) {
    complain(context, `the service ${name} is extended over more than ${deepest} services`);
    return { layers: [service], missing: [] };
  }
  const wanted = text(base) ?? text(at(base, "service")) ?? name;
  const file = text(at(base, "file"));
  const path = file === undefined ? context.path : beside(context.path, file);
  const document = file === undefined ? undefined : documentAt(path, context);
  const read = fields(interpolateAll(document ?? {}, env));
  const others = file === undefined ? services : fields(read.services ?? read);
  const parent = resolved(wanted, others, { ...context, path }, env, [...above, here]);
  return { layers: [...parent.layers, service], missing: parent.missing };
}
