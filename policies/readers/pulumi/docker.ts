/** Resources of the docker provider: containers, services, volumes, on the machine their provider leads to. */
import { anywhere, isUnknown, unknown } from "../../engine/facts";
import type {
  Container,
  EnvValue,
  HostPlacement,
  NamedVolume,
  Unknown,
  Volume,
  VolumeSource,
} from "../../engine/facts";
import { ephemeralFrom } from "../ephemeral";
import { at, fields, records, text, textMap, texts, yes } from "../values";
import type { Values } from "../values";
import { toldPath } from "../variables";
import { isNotYet, notYetWhy, originOf, told } from "./resource";
import type { PulumiResource, ReadContext } from "./resource";

export function readDocker(resource: PulumiResource, context: ReadContext): void {
  const kind = resource.type.slice(resource.type.lastIndexOf(":") + 1);
  if (kind === "Container") readContainer(resource, context);
  else if (kind === "Service") readService(resource, context);
  else if (kind === "Volume") context.facts.namedVolumes.push(namedVolume(resource, context));
}

/** The machine that a docker provider works on. */
function dockerPlacement(host: unknown, byDefault: string | undefined): HostPlacement | Unknown {
  const address = told(host) ?? byDefault;
  if (address === undefined) {
    return unknown("its docker provider names no host: give it a docker.Provider with host ssh://USER@NODE");
  }
  if (isUnknown(address)) return address;
  const name = /^(?:ssh|tcp|https?):\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/]+)/.exec(address)?.[1];
  if (name === undefined) {
    return unknown(`its docker provider's host ${address} names no node: write ssh://USER@NODE`);
  }
  return { kind: "host", host: name.replace(/^\[|\]$/g, "") };
}

function placementOf(resource: PulumiResource, context: ReadContext): HostPlacement | Unknown {
  return dockerPlacement(resource.provider?.host, context.dockerHost);
}

function readContainer(resource: PulumiResource, context: ReadContext): void {
  const { inputs } = resource;
  const name = text(inputs.name) ?? resource.name;
  const ephemeral = ephemeralFrom(labelsOf(inputs.labels));
  context.facts.workloads.push({
    origin: originOf(resource),
    engine: "containers",
    placement: placementOf(resource, context),
    volumes: [
      ...listOf(inputs.volumes, "volumes", (one) => oldVolume(one, name)),
      ...listOf(inputs.mounts, "mounts", (one) => mountVolume(one, name)),
      ...Object.keys(fields(inputs.tmpfs)).map((target) =>
        volume(target, { kind: "ephemeral", as: "tmpfs" }, name, target, false),
      ),
    ],
    containers: [container(name, inputs.image, inputs.entrypoints, inputs.command, envList(inputs.envs))],
    ...(ephemeral === undefined ? {} : { ephemeral }),
  });
}

function readService(resource: PulumiResource, context: ReadContext): void {
  const spec = at(resource.inputs, "taskSpec", "containerSpec");
  const own = fields(spec);
  const name = text(resource.inputs.name) ?? resource.name;
  const ephemeral = ephemeralFrom(labelsOf(own.labels), labelsOf(resource.inputs.labels));
  const unseen = isNotYet(spec) || isNotYet(resource.inputs.taskSpec);
  const pinned = texts(at(resource.inputs, "taskSpec", "placement", "constraints")).flatMap((constraint) => {
    const node = /^\s*node\.hostname\s*==\s*(\S+)\s*$/.exec(constraint)?.[1];
    return node === undefined ? [] : [node];
  });
  context.facts.workloads.push({
    origin: originOf(resource),
    engine: "containers",
    // A swarm's scheduler may take any of its machines.
    placement: pinned[0] === undefined ? anywhere : { kind: "host", host: pinned[0] },
    volumes: unseen ? [whole("taskSpec")] : listOf(own.mounts, "mounts", (one) => mountVolume(one, name)),
    containers: [container(name, own.image, own.commands, own.args, env(own.env))],
    ...(ephemeral === undefined ? {} : { ephemeral }),
  });
}

function namedVolume(resource: PulumiResource, context: ReadContext): NamedVolume {
  const { inputs } = resource;
  const ephemeral = ephemeralFrom(labelsOf(inputs.labels));
  const own = text(inputs.name);
  return {
    origin: originOf(resource),
    names: own === undefined ? [resource.name] : [own],
    driver: told(inputs.driver) ?? "local",
    options: lowerKeys(textMap(inputs.driverOpts)),
    external: false,
    makesItself: true,
    placement: placementOf(resource, context),
    ...(ephemeral === undefined ? {} : { ephemeral }),
  };
}

/** `volumes`: hostPath, volumeName or neither. */
function oldVolume(one: Values, container: string): Volume {
  const target = text(one.containerPath) ?? "";
  const readOnly = yes(one.readOnly);
  const source = ((): VolumeSource => {
    const path = told(one.hostPath);
    if (path !== undefined && path !== "") {
      return isUnknown(path) ? unknown(`its hostPath: ${path.why}`) : { kind: "bind", path: toldPath(path) };
    }
    const name = told(one.volumeName);
    if (name !== undefined && name !== "") {
      return isUnknown(name) ? unknown(`its volumeName: ${name.why}`) : { kind: "named", name };
    }
    if (text(one.fromContainer) !== undefined) {
      return unknown(`it takes the volumes of the container ${text(one.fromContainer) ?? ""}`);
    }
    return { kind: "anonymous" };
  })();
  return volume(nameOf(source, target), source, container, target, readOnly);
}

/** `mounts`: bind, volume, tmpfs, npipe, cluster. */
function mountVolume(one: Values, container: string): Volume {
  const target = text(one.target) ?? "";
  const source = mountSource(one);
  return volume(nameOf(source, target), source, container, target, yes(one.readOnly));
}

function mountSource(one: Values): VolumeSource {
  const type = told(one.type);
  const path = told(one.source);
  if (isUnknown(type)) return type;
  if (type === "tmpfs") return { kind: "ephemeral", as: "tmpfs" };
  if (isUnknown(path)) return path;
  if (type === "bind")
    return { kind: "bind", path: path === undefined ? unknown("it states no source") : toldPath(path) };
  if (type !== "volume") return unknown(`its type ${type ?? "(none)"} is not one of bind, volume, tmpfs`);
  const driver = text(at(one, "volumeOptions", "driverName"));
  const options = lowerKeys(textMap(at(one, "volumeOptions", "driverOptions")));
  if (/^(nfs|nfs4|cifs)$/i.test(options.type ?? "")) return { kind: "network", as: options.type ?? "" };
  if (driver !== undefined && driver !== "" && driver !== "local" && /nfs|cifs|ceph|rbd/i.test(driver)) {
    return { kind: "network", as: driver };
  }
  return path === undefined || path === "" ? { kind: "anonymous" } : { kind: "named", name: path };
}

function nameOf(source: VolumeSource, target: string): string {
  if (source.kind === "named") return source.name;
  return target === "" ? "(without a target)" : target;
}

function volume(
  name: string,
  source: VolumeSource,
  container: string,
  target: string,
  readOnly: boolean,
): Volume {
  return { name, source, mounts: [{ container, target, readOnly }], mountsKnown: true };
}

/** Something that holds volumes and is not known yet as a whole. */
function whole(field: string): Volume {
  return { name: field, source: unknown(`${field}: ${notYetWhy}`), mounts: [], mountsKnown: false };
}

function listOf(value: unknown, field: string, read: (one: Values) => Volume): Volume[] {
  if (isNotYet(value)) return [whole(field)];
  if (!Array.isArray(value)) return [];
  return [...records(value).map(read), ...(value.some(isNotYet) ? [whole(field)] : [])];
}

function container(
  name: string,
  image: unknown,
  entrypoint: unknown,
  args: unknown,
  env: Record<string, EnvValue>,
): Container {
  const words = texts(entrypoint);
  const given = texts(args);
  return {
    name,
    image: imageOf(image),
    role: "main",
    ...(words.length > 0 ? { entrypoint: words } : {}),
    ...(given.length > 0 ? { args: given } : {}),
    env,
    envFrom: [],
  };
}

/** An id says nothing of what is in the image. */
function imageOf(value: unknown): Container["image"] {
  const image = told(value);
  const wanted = "write the image's name, such as docker.io/library/nginx:1.29";
  if (image === undefined) return unknown(`no image is stated; ${wanted}`);
  if (isUnknown(image)) return unknown(`it is known only after the update; ${wanted}`);
  if (/^(sha256:)?[0-9a-f]{64}$/.test(image)) return unknown(`it is given by its id; ${wanted}`);
  return image;
}

function envList(value: unknown): Record<string, EnvValue> {
  return Object.fromEntries(
    texts(value).map((line) => {
      const cut = line.indexOf("=");
      return cut < 0 ? [line, ""] : [line.slice(0, cut), line.slice(cut + 1)];
    }),
  );
}

function env(value: unknown): Record<string, EnvValue> {
  return Array.isArray(value) ? envList(value) : textMap(value);
}

/** Labels are a list of `{ label, value }`, or a map. A value that is not known is no reason. */
function labelsOf(value: unknown): Values {
  const pairs: [string, unknown][] = Array.isArray(value)
    ? records(value).map((one) => [text(one.label) ?? "", one.value])
    : Object.entries(fields(value));
  return Object.fromEntries(pairs.filter(([, item]) => !isUnknown(told(item) ?? "")));
}

function lowerKeys(map: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key.toLowerCase(), value]));
}
