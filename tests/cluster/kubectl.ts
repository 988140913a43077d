import { spawnSync } from "node:child_process";
import { join } from "node:path";

const command = join(__dirname, "../../lab/kubectl");

/** Runs lab/kubectl; returns what it prints. @throws Error with what it said */
export function kubectl(args: readonly string[], input = ""): string {
  const done = spawnSync(command, args, {
    encoding: "utf8",
    input,
    timeout: 180_000,
    maxBuffer: 64 * 1024 ** 2,
  });
  if (done.error !== undefined) throw done.error;
  if (done.status !== 0) throw new Error(`kubectl ${args.join(" ")}: ${done.stderr}${done.stdout}`);
  return done.stdout.trim();
}

/** Bash on a machine: the path of the K3s that a unit runs. */
export const k3sOf = (unit: "k3s" | "k3s-agent"): string =>
  `$(systemctl show -p ExecStart --value ${unit} | sed -nE 's/.*[ =]([^ =]*) (server|agent) --config .*/\\1/p')`;

export const get = (...args: string[]): unknown => JSON.parse(kubectl(["get", "-o", "json", ...args]));

export interface Node {
  metadata: {
    name: string;
    uid: string;
    labels: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: { taints?: { key: string; value?: string; effect: string }[]; unschedulable?: boolean };
  status: { conditions: { type: string; status: string }[] };
}
export const nodes = (): Node[] => (get("nodes") as { items: Node[] }).items;

/** Whether a node is there and ready. */
export const isReady = (name: string): boolean =>
  nodes().some(
    ({ metadata, status }) =>
      metadata.name === name &&
      status.conditions.some((one) => one.type === "Ready" && one.status === "True"),
  );

/** Declares objects; JSON is YAML. */
export function apply(...objects: readonly object[]): string {
  return kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
}

export interface Pod {
  metadata: { name: string; uid: string; deletionTimestamp?: string };
  spec: { nodeName?: string };
  status: {
    phase: string;
    podIP?: string;
    conditions?: { type: string; status: string }[];
    containerStatuses?: { restartCount: number }[];
  };
}

export const pods = (selector: string): Pod[] => (get("pods", "-l", selector) as { items: Pod[] }).items;

const holds = (pod: Pod, type: string) =>
  pod.status.conditions?.some((one) => one.type === type && one.status === "True") === true;

/** Pods that serve: ready, and not on their way out. */
export const ready = (selector: string): Pod[] =>
  pods(selector).filter((pod) => holds(pod, "Ready") && pod.metadata.deletionTimestamp === undefined);

/** Pods of one workload that run, and are not on their way out. */
export const running = (namespace: string, name: string): Pod[] =>
  (get("pods", "-n", namespace, "-l", `app.kubernetes.io/name=${name}`) as { items: Pod[] }).items.filter(
    ({ metadata, status }) => metadata.deletionTimestamp === undefined && status.phase === "Running",
  );

/** Limits are those of a computer with nothing else to do; one with many other things is given as many times that. */
const busy = 5;

/**
 * Waits until something holds; returns the seconds it took.
 * @throws Error after several times the limit
 */
export async function until(what: string, limit: number, holds: () => boolean): Promise<number> {
  const began = Date.now();
  for (;;) {
    if (holds()) return (Date.now() - began) / 1000;
    if (Date.now() - began > busy * limit * 1000) throw new Error(`${what}: not within ${busy * limit} s`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const image = "docker.io/library/busybox:1.37";

export const onDemandToleration = {
  key: "homelab.dev/lifecycle",
  operator: "Equal",
  value: "on-demand",
  effect: "NoSchedule",
};

/** Of a container: a web server that says its pod's name, and one word in its log. */
export const webServer = {
  command: [
    "sh",
    "-c",
    "echo here I am; mkdir /tmp/w; hostname >/tmp/w/index.html; exec httpd -f -p 8080 -h /tmp/w",
  ],
  readinessProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 1 },
};

/** A Deployment of such servers, with a Service of the same name. */
export function web(name: string, replicas: number, spec: object): object[] {
  const labels = { app: name };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            terminationGracePeriodSeconds: 1,
            ...spec,
            containers: [
              {
                name: "web",
                image,
                ...webServer,
                resources: { limits: { memory: "32Mi" } },
              },
            ],
          },
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
  ];
}

/** A pod that sleeps. */
export function sleeper(name: string, spec: object, container: object = {}): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 0,
      ...spec,
      containers: [{ name: "c", image, command: ["sleep", "100000"], ...container }],
    },
  };
}

/** A pod on desktop whose container ends again and again, every 20 seconds. */
export const crashing = (name: string): object =>
  sleeper(name, { nodeName: "desktop" }, { command: ["sh", "-c", "sleep 20; exit 1"] });
