import { stringify } from "yaml";
import type { QuadletRun } from "../../services";
import type { Timed } from "./launchd";
import type { MacRun } from "./runs";

/** A compose file for a Mac, and the files that it mounts, by paths beside it. */
export interface Project {
  readonly text: string;
  readonly files: Readonly<Record<string, string>>;
  /** What Compose does not start itself. */
  readonly timed: readonly Timed[];
  /** What of the stack file is left out, a sentence each. */
  readonly refused: readonly string[];
}

export const header = "# Written by `homelab desktop compose`: changes made here are lost.";

/** Where a directory of the node is beside the compose file: in the person's own folder, which the Mac's backups have. */
const dataPath = (path: string) => `./data${path}`;
export const secretPath = (secret: string) => `./secrets/${secret}`;
export const variablesPath = (name: string) => `./secrets/${name}.env`;

/** A single `$` in any value of a compose file is a variable. */
function literal(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("$", "$$$$");
  if (Array.isArray(value)) return value.map(literal);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, literal(inner)]));
}

/** What of macOS is shared with the virtual machine; the rest of `/` is the machine's own. */
const shared = /^\/(Users|Volumes|private|tmp)(\/|$)/;
/** On macOS these are links into /private, and what is shared is found by its real name. */
const linked = /^\/(var|etc|tmp)(\/|$)/;

type Further = Pick<QuadletRun, "more"> & { readonly key: string };

/** Keys of the stack file's own beyond the program's: what a compose file has a word for, and sentences for the rest. */
function further({ key, more = {} }: Further) {
  const refused: string[] = [];
  const capabilities: string[] = [];
  const volumes: object[] = [];
  for (const [section, keys] of Object.entries(more)) {
    for (const [name, given] of Object.entries(keys ?? {})) {
      const at = `homelab:${key}.quadlet.${section}.${name}`;
      const values = [given].flat().map(String);
      if (section === "Container" && name === "AddCapability") capabilities.push(...values);
      else if (section === "Container" && name === "Volume") {
        for (const value of values) {
          const { volume, wrong } = volumeOf(value);
          if (volume === undefined) refused.push(`${at} is "${value}", and is left out: ${wrong}.`);
          else volumes.push(volume);
        }
      } else refused.push(`${at} is left out: a compose file for a Mac has nothing for it.`);
    }
  }
  return { refused, capabilities, volumes };
}

function volumeOf(text: string): { volume?: object; wrong: string } {
  const [given = "", target = "", options = ""] = text.split(":");
  const source = linked.test(given) ? `/private${given}` : given;
  if (!shared.test(source))
    return {
      wrong:
        "only what is below /Users, /Volumes, /private (with /var and /etc) and /tmp is shared with containers",
    };
  const unknown = options.split(",").filter((option) => !["", "ro", "rw", "z", "Z"].includes(option));
  if (unknown.length > 0) return { wrong: `${unknown.join(", ")} means nothing on a Mac` };
  const readOnly = options.split(",").includes("ro");
  return {
    volume: { type: "bind", source, target, ...(readOnly ? { read_only: true } : {}) },
    wrong: "",
  };
}

function volumesOf({ run, ephemeral }: MacRun) {
  const named = (path: string) => `${run.name}${path.replaceAll(/[^A-Za-z0-9]+/g, "-")}`.replace(/-$/, "");
  const files = (run.files ?? []).map(({ name, at }) => ({
    ...{ type: "bind", source: `./config/${run.name}/${name}`, target: at, read_only: true },
    // A folder of that name would be made in its place.
    bind: { create_host_path: false },
  }));
  const mounts = (run.container.mounts ?? []).map(({ source, target, readOnly }) => ({
    ...(ephemeral.includes(source)
      ? { type: "volume", source: named(source), target }
      : { type: "bind", source: dataPath(source), target, bind: { create_host_path: true } }),
    ...(readOnly === true ? { read_only: true } : {}),
  }));
  return { list: [...files, ...mounts], named: ephemeral.map(named) };
}

function serviceOf(mac: MacRun, capabilities: readonly string[], volumes: readonly object[]) {
  const { run } = mac;
  const { container, health } = run;
  const secrets = container.secrets ?? [];
  const mounted = secrets.filter(({ variable }) => variable === undefined);
  const given = <T>(key: string, value: T | undefined) =>
    value === undefined || (Array.isArray(value) && value.length === 0) ? {} : { [key]: value };
  return {
    image: run.image,
    // What has a profile is no part of `up`; each run of it is a container of its own.
    ...(mac.moments === undefined
      ? { container_name: run.name, restart: "unless-stopped" }
      : { profiles: ["at-its-time"], restart: "no" }),
    ...given("entrypoint", container.entrypoint === undefined ? undefined : [container.entrypoint]),
    ...given("command", container.exec),
    ...given("user", container.user),
    ...given("read_only", container.readOnly),
    ...given(
      "cap_drop",
      container.dropCapabilities?.map((name) => name.toUpperCase()),
    ),
    ...given("cap_add", capabilities),
    security_opt: ["no-new-privileges:true"],
    ...given("mem_limit", run.memory?.toLowerCase()),
    ...given("shm_size", container.shmSize),
    ...given(
      "stop_grace_period",
      container.stopTimeout === undefined ? undefined : `${container.stopTimeout}s`,
    ),
    ...(container.environment === undefined ? {} : { environment: { ...container.environment } }),
    ...(mounted.length === secrets.length
      ? {}
      : // Without `raw` a `$` or a quote in a password would mean something.
        { env_file: [{ path: variablesPath(run.name), required: true, format: "raw" }] }),
    ...given(
      "secrets",
      mounted.map(({ name, target }) => ({ source: name, target: target ?? name })),
    ),
    ...given(
      "ports",
      mac.ports.map(({ port, protocol = "tcp" }) => ({ target: port, published: String(port), protocol })),
    ),
    ...given("volumes", volumes),
    ...given("tmpfs", container.tmpfs),
    ...(exec(health) === undefined
      ? {}
      : {
          healthcheck: {
            test: ["CMD", ...(exec(health) ?? [])],
            interval: "30s",
            timeout: "10s",
            retries: 3,
          },
        }),
    logging: { driver: "json-file", options: { "max-size": "10m" } },
  };
}

/** Of a check that runs in the container; the others are asked from outside, which a compose file cannot. */
function exec(health: QuadletRun["health"]): readonly string[] | undefined {
  if (!("exec" in health)) return undefined;
  const [program, verb, , ...rest] = health.exec;
  return program === "podman" && verb === "exec" ? rest : undefined;
}

/** Desktop's services for Docker Desktop or a podman machine. @see https://github.com/compose-spec/compose-spec */
export function composeProject(runs: readonly MacRun[], left: readonly string[]): Project {
  const services: Record<string, unknown> = {};
  const volumes: Record<string, object> = {};
  const secrets: Record<string, object> = {};
  const files: Record<string, string> = {};
  const refused = [...left];
  for (const mac of runs) {
    const { run, key } = mac;
    const own = further({ key, ...(run.more === undefined ? {} : { more: run.more }) });
    const mounts = volumesOf(mac);
    refused.push(...own.refused);
    services[run.name] = serviceOf(mac, own.capabilities, [...mounts.list, ...own.volumes]);
    for (const name of mounts.named) volumes[name] = {};
    for (const { name, variable } of run.container.secrets ?? [])
      if (variable === undefined) secrets[name] = { file: secretPath(name) };
    for (const { name, content } of run.files ?? []) files[`config/${run.name}/${name}`] = content;
  }
  const compose = {
    name: "homelab",
    services,
    ...(Object.keys(volumes).length === 0 ? {} : { volumes }),
    ...(Object.keys(secrets).length === 0 ? {} : { secrets }),
  };
  const timed = runs.flatMap(({ run: { name, schedule }, moments }) =>
    schedule === undefined || moments === undefined
      ? []
      : [{ name, moments, limitSeconds: schedule.limitSeconds }],
  );
  return { text: `${header}\n${stringify(literal(compose), { lineWidth: 0 })}`, files, timed, refused };
}
