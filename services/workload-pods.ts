import { podScheduleOf } from "./cluster-keys";
import { podUser, type NodeDirectory, type PodRun, type Probe, type Program } from "./pod";
import { credentialsName } from "./pod-credentials";
import { kubernetesSize } from "./sizes";
import type { WorkloadSettings } from "./workload-settings";

/** What a workload is given beside its settings, in the forms of quadlets and of pods alike. */
export interface Given {
  /** Variables whose values are no secret. */
  readonly plain: Readonly<Record<string, string>>;
  /** Variables whose values are. */
  readonly variables: readonly string[];
  /** Files below /run/secrets. */
  readonly files: readonly string[];
}

const noMemory = "16Mi";

function directoriesOf({ keeps, ephemeral }: WorkloadSettings): NodeDirectory[] {
  return Object.entries({ ...keeps, ...ephemeral.directories }).map(([path, at], i) => ({
    name: `directory-${i}`,
    ...{ path, at },
  }));
}

function probeOf({ health, ports, startSeconds, watch }: WorkloadSettings): Probe | undefined {
  const common = { startSeconds, restarts: watch };
  const [first] = Object.values(ports);
  if (health === undefined)
    return first === undefined ? undefined : { tcp: true, port: first.port, ...common };
  if ("exec" in health) return { exec: health.exec, ...common };
  const asked = ports["tcp" in health ? health.tcp : health.port]?.port;
  if (asked === undefined) return undefined;
  return "tcp" in health
    ? { tcp: true, port: asked, ...common }
    : { path: health.http, port: asked, ...common };
}

/** User and group of a workload's pods, and owner of its directories. */
function userOf({ user }: Pick<WorkloadSettings, "user">) {
  const [uid = podUser, gid = podUser] = user?.split(":").map(Number) ?? [];
  return { uid, gid };
}

/** A workload in the cluster. @param name its own there */
export function podsOf(name: string, own: WorkloadSettings, image: string, given: Given): PodRun {
  const probe = own.schedule === undefined ? probeOf(own) : undefined;
  const ports = Object.entries(own.ports).map(([port, { port: number }]) => ({ name: port, port: number }));
  const memory = own.memory === undefined ? undefined : kubernetesSize(own.memory);
  const files = `${name}-files`;
  const directories = directoriesOf(own);
  const program: Program = {
    ...{ name, image },
    ...(own.command.length === 0 ? {} : { args: own.command }),
    env: given.plain,
    secrets: given.variables,
    ...(own.replicas === 1 ? {} : { podName: "REPLICA" }),
    requests: { cpu: "10m", memory: memory ?? noMemory },
    ...(memory === undefined ? {} : { limits: { memory } }),
    ports: ports.map(({ port }) => port),
    // A port of the node is one pod's.
    onNode: own.replicas === 1,
    ...(probe === undefined ? {} : { probe }),
    scratch: own.tmpfs.map((at, i) => ({ name: `memory-${i}`, at, inMemory: true })),
    files: Object.entries(own.files).map(([key, { at }]) => ({ from: files, key, at })),
    ...(given.files.length === 0
      ? {}
      : { secretFiles: { from: credentialsName(name), name: "secret-files", at: "/run/secrets" } }),
  };
  return {
    name,
    pods: [
      {
        name,
        replicas: own.replicas,
        ...(own.schedule === undefined ? {} : { schedule: podScheduleOf(own.schedule) }),
        ...(own.user === undefined ? {} : { user: userOf(own) }),
        programs: [program],
        nodeDirectories: directories,
        ephemeral: Object.keys(own.keeps).length > 0 ? [] : directories.map((one) => one.name),
      },
    ],
    ...(Object.keys(own.files).length === 0
      ? {}
      : {
          files: {
            [files]: Object.fromEntries(
              Object.entries(own.files).map(([key, { content }]) => [key, content]),
            ),
          },
        }),
    ...(ports.length === 0 ? {} : { inside: [{ name, ports }] }),
    more: own.pod,
  };
}
