/** Pod specs: containers, their volumes and mounts. */
import { unknown } from "../../../engine/facts";
import type { Container, EnvValue, Mount, Volume } from "../../../engine/facts";
import { at, fields, list, record, records, text, texts, yes } from "../../values";
import type { Values } from "../../values";
import { claimSpec } from "./claims";
import { podVolumeSource, volumeIsReadOnly } from "./volumes";

interface NamedContainer {
  readonly value: Values;
  readonly name: string;
  readonly role: Container["role"];
}

/** Volumes and containers of a pod spec. */
export interface PodFacts {
  readonly volumes: readonly Volume[];
  readonly containers: readonly Container[];
}

/**
 * Reads a pod spec.
 *
 * @param templates volumeClaimTemplates, which make volumes of their names
 */
export function readPodSpec(spec: Values, templates: readonly Values[] = []): PodFacts {
  const containers = [
    ...named(spec.initContainers, "init"),
    ...named(spec.containers, "main"),
    ...named(spec.ephemeralContainers, "debug"),
  ];
  const mounts = mountsByVolume(containers);
  // A patch names containers without an image; what mounts a volume may then stand in what it patches.
  const whole = containers.some(({ value, role }) => role === "main" && text(value.image) !== undefined);
  return {
    volumes: [
      ...templateVolumes(templates, mounts),
      ...podVolumes(spec.volumes, mounts, whole, new Set(templates.map(templateName))),
    ],
    containers: containers.filter(({ value }) => text(value.image) !== undefined).map(container),
  };
}

/** Volumes of a list, with the mounts found for them. */
export function podVolumes(
  value: unknown,
  mounts: ReadonlyMap<string, readonly Mount[]>,
  whole: boolean,
  except: ReadonlySet<string> = new Set(),
): readonly Volume[] {
  if (value !== undefined && value !== null && !Array.isArray(value)) {
    return [{ name: "volumes", source: unknown("volumes is not a list"), mounts: [], mountsKnown: false }];
  }
  return list(value).flatMap((item): Volume[] => {
    const volume = record(item);
    if (volume === undefined) {
      if (item === null) return [];
      return [
        { name: "volumes", source: unknown("a volume is not an object"), mounts: [], mountsKnown: false },
      ];
    }
    const name = text(volume.name) ?? "";
    if (except.has(name) || volume.$patch === "delete") return [];
    const own = mounts.get(name) ?? [];
    const readOnly = volumeIsReadOnly(volume);
    return [
      {
        name: name === "" ? "(without a name)" : name,
        source: podVolumeSource(volume),
        mounts: readOnly ? own.map((mount) => ({ ...mount, readOnly })) : own,
        mountsKnown: whole || own.length > 0 || readOnly,
      },
    ];
  });
}

function templateVolumes(
  templates: readonly Values[],
  mounts: ReadonlyMap<string, readonly Mount[]>,
): Volume[] {
  return templates.map((template) => {
    const name = templateName(template);
    return {
      name: name === "" ? "(claim template)" : name,
      source: { kind: "claimTemplate", spec: claimSpec(fields(template.spec), template.metadata) },
      mounts: mounts.get(name) ?? [],
      mountsKnown: true,
    };
  });
}

function templateName(template: Values): string {
  return text(at(template, "metadata", "name")) ?? "";
}

function named(value: unknown, role: Container["role"]): NamedContainer[] {
  return records(value).map((item, index) => ({
    value: item,
    name: text(item.name) ?? `${role} ${index + 1}`,
    role: role === "init" && item.restartPolicy === "Always" ? "sidecar" : role,
  }));
}

function mountsByVolume(containers: readonly NamedContainer[]): Map<string, Mount[]> {
  const mounts = new Map<string, Mount[]>();
  for (const { value, name } of containers) collectMounts(value, name, mounts);
  return mounts;
}

/** Adds the mounts and raw devices of one container. */
export function collectMounts(container: Values, name: string, mounts: Map<string, Mount[]>): void {
  const add = (volume: unknown, target: unknown, readOnly: unknown): void => {
    const key = text(volume);
    if (key === undefined) return;
    const mount = { container: name, target: text(target) ?? "", readOnly: yes(readOnly) };
    const known = mounts.get(key);
    if (known) known.push(mount);
    else mounts.set(key, [mount]);
  };
  for (const mount of records(container.volumeMounts)) add(mount.name, mount.mountPath, mount.readOnly);
  for (const device of records(container.volumeDevices)) add(device.name, device.devicePath, false);
}

function container({ value, name, role }: NamedContainer): Container {
  const entrypoint = texts(value.command);
  const args = texts(value.args);
  return {
    name,
    image: text(value.image) ?? unknown("no image is stated"),
    role,
    ...(entrypoint.length > 0 ? { entrypoint } : {}),
    ...(args.length > 0 ? { args } : {}),
    env: environment(value.env),
    envFrom: records(value.envFrom).flatMap((from) => {
      const configMap = text(at(from, "configMapRef", "name"));
      const secret = text(at(from, "secretRef", "name"));
      return [
        ...(configMap === undefined ? [] : [`ConfigMap ${configMap}`]),
        ...(secret === undefined ? [] : [`Secret ${secret}`]),
      ];
    }),
  };
}

function environment(value: unknown): Record<string, EnvValue> {
  const env: Record<string, EnvValue> = {};
  for (const variable of records(value)) {
    const name = text(variable.name);
    if (name === undefined) continue;
    const reference = record(variable.valueFrom);
    env[name] =
      reference === undefined
        ? (text(variable.value) ?? "")
        : { kind: "reference", to: Object.keys(reference).join(", ") };
  }
  return env;
}
