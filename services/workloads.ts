import { z } from "zod";
import { references, textOf } from "./references";
import { secretName, service, type Keeps, type QuadletRun, type Service, type ServicePort } from "./service";
import { workloadProblems } from "./workload-problems";
import { workloadsSchema, type WorkloadSettings } from "./workload-settings";

/** Name of container, unit and configuration directory: one that no unit of the system has. */
const workloadUnit = (name: string, replica: number) =>
  `workload-${name}${replica === 1 ? "" : `-${replica}`}`;

const slug = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

/** What is given as a secret: by key, the text that becomes one, and where the container finds it. */
function secretsOf(own: WorkloadSettings) {
  const variables = { ...own.secrets, ...own.environment };
  return [
    ...Object.entries(variables)
      .filter(([name, value]) => name in own.secrets || references(value).length > 0)
      .map(([name, value]) => ({ key: `env-${slug(name)}`, value, variable: name })),
    ...Object.entries(own.secretFiles).map(([file, value]) => ({ key: `file-${slug(file)}`, value, file })),
  ];
}

const keepsOf = (own: WorkloadSettings): Keeps => {
  const kept = Object.keys(own.keeps);
  const lost = Object.keys(own.ephemeral.directories);
  if (kept.length > 0) return { kind: "persistent", paths: kept, backup: "files" };
  if (lost.length > 0) return { kind: "ephemeral", paths: lost, reason: own.ephemeral.reason };
  return { kind: "nothing" };
};

function healthOf(own: WorkloadSettings, unit: string): QuadletRun["health"] {
  const numbered = (name: string) => String(own.ports[name]?.port ?? 0);
  const [first] = Object.keys(own.ports);
  if (own.health === undefined)
    return first === undefined
      ? { exec: ["systemctl", "is-active", "--quiet", `${unit}.service`] }
      : { tcp: `127.0.0.1:${numbered(first)}` };
  if ("tcp" in own.health) return { tcp: `127.0.0.1:${numbered(own.health.tcp)}` };
  if ("http" in own.health)
    return { http: `http://127.0.0.1:${numbered(own.health.port)}${own.health.http}` };
  return { exec: ["podman", "exec", unit, ...own.health.exec] };
}

function run(unit: string, own: WorkloadSettings, image: string, replica: number): QuadletRun {
  const given = secretsOf(own);
  const plain = Object.entries(own.environment).filter(([, value]) => references(value).length === 0);
  return {
    name: unit,
    description: `Workload ${unit.slice("workload-".length)}`,
    image,
    container: {
      ...(own.command.length === 0 ? {} : { exec: own.command }),
      environment: {
        ...Object.fromEntries(plain.map(([key, value]) => [key, value.replaceAll("$${", "${")])),
        ...(own.replicas === 1 ? {} : { REPLICA: String(replica) }),
      },
      secrets: given.map(({ key, ...where }) => ({
        name: secretName(unit, key),
        ...("variable" in where
          ? { variable: where.variable }
          : { target: where.file, mode: "0400", ...ownerOf(own) }),
      })),
      mounts: Object.entries({ ...own.keeps, ...own.ephemeral.directories }).map(([source, target]) => ({
        source,
        target,
      })),
      tmpfs: own.tmpfs,
      ...(own.user === undefined ? {} : { user: own.user }),
    },
    files: Object.entries(own.files).map(([file, { at, content }]) => ({ name: file, at, content })),
    ...(own.user === undefined ? {} : { owner: own.user }),
    ...(own.memory === undefined ? {} : { memory: own.memory }),
    health: healthOf(own, unit),
    startSeconds: own.startSeconds,
    watch: own.watch,
    ...(own.schedule === undefined ? {} : { schedule: own.schedule }),
    more: own.quadlet,
  };
}

const ownerOf = ({ user }: WorkloadSettings) =>
  user === undefined ? {} : { uid: Number(user.split(":")[0]) };

/** A person's own workload as a service like the others. @param replica its number, from 1 */
function member(name: string, own: WorkloadSettings, replica: number): Service {
  const unit = workloadUnit(name, replica);
  const { image } = own;
  return {
    title: name,
    purpose: "a workload of the person's own",
    key: `workloads.${name}`,
    on: ["storage", "desktop", "compute"],
    settings: z.unknown(),
    enabled: () => own.enabled,
    images: () => (image === undefined ? [] : [image]),
    ports: () =>
      Object.entries(own.ports).map(([key, { port, from, output, scheme, metrics }]): ServicePort => ({
        ...{ title: `${name} ${key}`, port, key: `workloads.${name}.ports.${key}.port`, from, scheme },
        ...(output === undefined ? {} : { output }),
        ...(metrics === undefined ? {} : { metrics }),
      })),
    keeps: () => keepsOf(own),
    passwords: () => own.passwords,
    secrets: () =>
      Object.fromEntries(
        secretsOf(own).map(({ key, value }) => [
          key,
          (given) => textOf(value, given, `homelab:workloads.${name}`),
        ]),
      ),
    ...(image === undefined ? {} : { quadlet: () => run(unit, own, image, replica) }),
  };
}

/** What people bring themselves: containers of their own, and programs that something else starts. */
export const workloads = service({
  title: "Workloads",
  purpose: "what you bring yourself",
  key: "workloads",
  on: ["storage", "desktop", "compute"],
  settings: workloadsSchema,
  problems: workloadProblems,
  enabled: (own) => Object.keys(own).length > 0,
  keeps: () => ({ kind: "nothing" }),
  each: (own) =>
    Object.entries(own).flatMap(([name, one]) =>
      Array.from({ length: one.replicas }, (_, i) => ({
        name: workloadUnit(name, i + 1),
        service: member(name, one, i + 1),
      })),
    ),
});
