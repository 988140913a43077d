import { entry, installSection, serviceSection, unitSection } from "./sections";
import type { InstallSection, ServiceSection, UnitSection } from "./sections";
import { UnitError, type Entry, type Section, type UnitText } from "./text";
import { commandLiteral, joinWords } from "./words";

/** A directory of the node, or a volume, inside the container. */
export interface Mount {
  /** Absolute path on the node, or the name of a `.volume` unit. */
  source: string;
  /** Absolute path in the container. */
  target: string;
  /** @default false */
  readOnly?: boolean;
  /** `rslave`: what is mounted below it later is seen in the container too. @default rprivate, podman's */
  propagation?: "rslave";
}

/** A podman secret, given as a file below /run/secrets, or as a variable of the environment. */
export interface SecretMount {
  name: string;
  /** Variable that holds it, in place of a file: seen by the container's processes, and not by `podman inspect`. */
  variable?: string;
  /** File name below /run/secrets. @default the secret's name */
  target?: string;
  /** Octal. @default "0444": readable to the container's own processes */
  mode?: string;
  /** Number of the user who owns the file in the container. @default 0 */
  uid?: number;
}

/** Where a container finds a secret that is given as a file. @param name the secret's, or its `target` */
export const pathOfSecret = (name: string): string => `/run/secrets/${name}`;

/** [Container] of a quadlet: only the keys that this project uses. */
export interface ContainerSection {
  image: string;
  /** `never`: the image is built or loaded by its own resource. */
  pull?: "never" | "missing" | "always" | "newer";
  containerName: string;
  /** `host`, `none`, or the name of a `.network` unit. */
  network?: string;
  /** Host and container port, e.g. `127.0.0.1:80:80`. */
  publishPorts?: readonly string[];
  environment?: Readonly<Record<string, string>>;
  secrets?: readonly SecretMount[];
  mounts?: readonly Mount[];
  tmpfs?: readonly string[];
  /** Where the program begins, in the container. @default the image's */
  workingDirectory?: string;
  /** Program that is run. @default the image's */
  entrypoint?: string;
  /** Arguments after the image's name. */
  exec?: readonly string[];
  /** Size of /dev/shm, e.g. `2g`. */
  shmSize?: string;
  /** Seconds between the stop signal and SIGKILL. @default 10, podman's */
  stopTimeout?: number;
  logDriver?: "journald" | "none" | "passthrough";
  user?: string;
  readOnly?: boolean;
  noNewPrivileges?: boolean;
  dropCapabilities?: readonly string[];
  /** Those that it has in spite of that. */
  capabilities?: readonly string[];
  /** Devices of the node, e.g. `/dev/net/tun`. */
  devices?: readonly string[];
  labels?: Readonly<Record<string, string>>;
}

/** A `NAME.container` file. */
export interface ContainerUnit {
  unit: UnitSection;
  container: ContainerSection;
  service?: ServiceSection;
  install?: InstallSection;
}

/**
 * The unit's text form. Keys come in one fixed order, maps sorted, so that equal units are equal texts.
 * @see podman-systemd.unit(5)
 */
export function containerUnit(spec: ContainerUnit): UnitText {
  if (spec.service?.execStart !== undefined) {
    throw new UnitError("[Service] ExecStart of a quadlet is written by podman; use the container's exec.");
  }
  return {
    sections: [
      unitSection(spec.unit),
      containerSection(spec.container),
      serviceSection(spec.service ?? {}),
      installSection(spec.install),
    ],
  };
}

function containerSection(c: ContainerSection): Section {
  return {
    name: "Container",
    entries: [
      ...entry("ContainerName", c.containerName),
      { key: "Image", value: commandLiteral(c.image) },
      ...entry("Pull", c.pull),
      ...entry("Network", c.network),
      ...entry("User", c.user),
      ...(c.publishPorts ?? []).map((port) => ({ key: "PublishPort", value: commandLiteral(port) })),
      ...assignments("Environment", c.environment),
      ...assignments("Label", c.labels),
      ...(c.secrets ?? []).map(secret),
      ...(c.mounts ?? []).map(mount),
      ...(c.tmpfs ?? []).map((path) => ({ key: "Tmpfs", value: commandLiteral(path) })),
      ...entry("ShmSize", c.shmSize),
      ...entry("ReadOnly", c.readOnly),
      ...entry("NoNewPrivileges", c.noNewPrivileges),
      ...(c.dropCapabilities ?? []).map((name) => ({ key: "DropCapability", value: name })),
      ...(c.capabilities ?? []).map((name) => ({ key: "AddCapability", value: name })),
      ...(c.devices ?? []).map((path) => ({ key: "AddDevice", value: commandLiteral(path) })),
      ...entry("StopTimeout", c.stopTimeout),
      ...entry("LogDriver", c.logDriver),
      ...entry("WorkingDir", c.workingDirectory),
      ...entry("Entrypoint", c.entrypoint),
      ...(c.exec === undefined ? [] : [{ key: "Exec", value: joinWords(c.exec) }]),
    ],
  };
}

function assignments(key: string, map: Readonly<Record<string, string>> | undefined): Entry[] {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ key, value: joinWords([`${name}=${value}`]) }));
}

function secret({ name, variable, target, mode, uid }: SecretMount): Entry {
  for (const part of [name, variable ?? "", target ?? "", mode ?? ""]) {
    if (part.includes(",")) throw new UnitError(`[Container] Secret ${part} holds a comma.`);
  }
  if (variable !== undefined) {
    return { key: "Secret", value: commandLiteral(`${name},type=env,target=${variable}`) };
  }
  const options = [
    "type=mount",
    ...(target === undefined ? [] : [`target=${target}`]),
    ...(mode === undefined ? [] : [`mode=${mode}`]),
    ...(uid === undefined ? [] : [`uid=${uid}`]),
  ];
  return { key: "Secret", value: commandLiteral([name, ...options].join(",")) };
}

function mount({ source, target, readOnly, propagation }: Mount): Entry {
  for (const path of [source, target]) {
    if (path.includes(":")) throw new UnitError(`[Container] Volume ${path} holds a colon.`);
  }
  if (!target.startsWith("/")) throw new UnitError(`[Container] Volume ${target} is no absolute path.`);
  const options = [...(readOnly === true ? ["ro"] : []), ...(propagation === undefined ? [] : [propagation])];
  const suffix = options.length === 0 ? "" : `:${options.join(",")}`;
  return { key: "Volume", value: commandLiteral(`${source}:${target}${suffix}`) };
}
