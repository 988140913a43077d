import { z } from "zod";
import { textOf } from "./references";
import {
  secretName,
  service,
  type Keeps,
  type QuadletRun,
  type SecretSources,
  type Service,
  type ServicePort,
} from "./service";
import { workloadProblems } from "./workload-problems";
import { podsOf } from "./workload-pods";
import { givenTo, plainOf, secretsOf, workloadUnit } from "./workload-secrets";
import { workloadsSchema, type WorkloadSettings } from "./workload-settings";

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
  return {
    name: unit,
    description: `Workload ${unit.slice("workload-".length)}`,
    image,
    container: {
      ...(own.command.length === 0 ? {} : { exec: own.command }),
      environment: {
        ...plainOf(own),
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

/** How it runs, and what it is given as secrets: as a quadlet, or as pods of the cluster. */
function runsAs(name: string, own: WorkloadSettings, replica: number): Partial<Service> {
  const { image } = own;
  const unit = workloadUnit(name, replica);
  const made = (secrets: readonly { readonly key: string; readonly value: string }[]) =>
    Object.fromEntries(
      secrets.map(({ key, value }) => [
        key,
        (given: SecretSources) => textOf(value, given, `homelab:workloads.${name}`),
      ]),
    );
  const secrets = secretsOf(own);
  if (!own.cluster)
    return {
      secrets: () => made(secrets),
      ...(image === undefined ? {} : { quadlet: () => run(unit, own, image, replica) }),
    };
  const variables = secrets.flatMap((one) => ("variable" in one ? { ...one, key: one.variable } : []));
  const files = secrets.flatMap((one) => ("file" in one ? { ...one, key: one.file } : []));
  return {
    ...(variables.length === 0 ? {} : { secrets: () => made(variables) }),
    ...(files.length === 0 ? {} : { credentials: () => made(files) }),
    ...(image === undefined ? {} : { pod: () => podsOf(unit, own, image, givenTo(own)) }),
  };
}

/** Ports of the node; those of several pods are the cluster's. */
const portsOn = (name: string, own: WorkloadSettings): ServicePort[] =>
  own.cluster && own.replicas > 1
    ? []
    : Object.entries(own.ports).map(([key, { port, from, output, scheme, metrics }]): ServicePort => ({
        ...{ title: `${name} ${key}`, port, key: `workloads.${name}.ports.${key}.port`, from, scheme },
        ...(own.cluster ? { servedBy: "pod" } : {}),
        ...(output === undefined ? {} : { output }),
        ...(metrics === undefined ? {} : { metrics }),
      }));

/** A person's own workload as a service like the others. @param replica its number, from 1 */
const member = (name: string, own: WorkloadSettings, replica: number): Service => ({
  title: name,
  purpose: "a workload of the person's own",
  key: `workloads.${name}`,
  on: ["storage", "desktop", "compute"],
  settings: z.unknown(),
  enabled: () => own.enabled,
  images: () => (own.image === undefined ? [] : [own.image]),
  ports: () => portsOn(name, own),
  keeps: () => keepsOf(own),
  passwords: () => own.passwords,
  ...runsAs(name, own, replica),
});

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
      // In the cluster all of them are one Deployment.
      Array.from({ length: one.cluster ? 1 : one.replicas }, (_, i) => ({
        name: workloadUnit(name, i + 1),
        service: member(name, one, i + 1),
      })),
    ),
});
