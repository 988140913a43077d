import { z } from "zod";
import { strict } from "./fields";

/** Keys that would break what the program promises, and why: of a pod's spec, and of a container. */
const placement = "where it runs is the topology's to say, or it would land on another node";
const rights = "its rights towards the cluster are those that its file in services/ says";
const nobody = "it runs as nobody, without rights on its node";
const ofNode = "it has no way to its node's network, processes or devices";
const health = "that it works is known by the probes of its file in services/";
const programs = "its programs and their images are the service's, so that `homelab pin` knows them";
const refusedOfSpec: Readonly<Record<string, string>> = {
  ...{ nodeName: placement, nodeSelector: placement, affinity: placement, tolerations: placement },
  ...{ topologySpreadConstraints: placement, schedulerName: placement, schedulingGates: placement },
  ...{ hostNetwork: ofNode, hostPID: ofNode, hostIPC: ofNode, hostUsers: ofNode },
  ...{ containers: programs, initContainers: programs, ephemeralContainers: programs },
  ...{ serviceAccountName: rights, serviceAccount: rights, automountServiceAccountToken: rights },
  restartPolicy: "it is started again whenever it ended",
  activeDeadlineSeconds: "it is started again whenever it ended",
  enableServiceLinks: "variables such as VLLM_PORT mean something to these programs",
  runtimeClassName: "the GPU is given by homelab:compute.gpu",
};
const refusedOfContainer: Readonly<Record<string, string>> = {
  ...{ name: programs, image: programs, imagePullPolicy: programs, restartPolicy: programs },
  command: "what it runs is the service's to say",
  args: "what it runs is the service's to say; some have a key `args` of their own",
  ports: "a port that no service declares would be open to the network",
  ...{ livenessProbe: health, readinessProbe: health, startupProbe: health },
  envFrom: "each variable is named, so that the placement rule sees it",
  volumeDevices: ofNode,
};

/** What a security context may say nevertheless. */
const allowedOfPod = ["supplementalGroups", "supplementalGroupsPolicy", "fsGroupChangePolicy"];
const allowedOfContainer = ["readOnlyRootFilesystem"];

type Fields = Readonly<Record<string, unknown>>;
type Wrong = readonly [path: readonly PropertyKey[], why: string];

const fields = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const items = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fields) : []);

function wrongIn(given: Fields, refused: Readonly<Record<string, string>>, allowed: readonly string[]) {
  return [
    ...Object.keys(given).flatMap((key): Wrong[] => {
      const why = refused[key];
      return why === undefined ? [] : [[[key], why]];
    }),
    ...Object.keys(fields(given.securityContext))
      .filter((key) => !allowed.includes(key))
      .map((key): Wrong => [["securityContext", key], nobody]),
  ];
}

const wrongSpec = (given: Fields): Wrong[] => [
  ...wrongIn(given, refusedOfSpec, allowedOfPod),
  ...items(given.volumes).flatMap((one, i): Wrong[] =>
    "hostPath" in one
      ? [
          [
            ["volumes", i, "hostPath"],
            "data in a directory of the node is in no backup, and goes with the node",
          ],
        ]
      : [],
  ),
];

const wrongContainer = (given: Fields): Wrong[] => [
  ...wrongIn(given, refusedOfContainer, allowedOfContainer),
  ...("requests" in fields(given.resources)
    ? [[["resources", "requests"], "its own keys say it, such as `memory`"] as const]
    : []),
];

const wrongMetadata = (given: Fields): Wrong[] =>
  Object.keys(given)
    .filter((key) => /^(homelab\.dev|app\.kubernetes\.io)\//.test(key))
    .map((key) => [[key], "by this the program and the placement rule know what it is"]);

/** Any keys of a kind of the cluster's, but for those that are wrong. Lists are added to ours. */
const keysBut = (wrong: (given: Fields) => readonly Wrong[], lists: readonly string[] = []) =>
  z
    .record(z.string(), z.unknown())
    .check((ctx) => {
      for (const [path, why] of wrong(ctx.value)) {
        ctx.issues.push({
          ...{ code: "custom", message: `may not be set: ${why}` },
          ...{ input: ctx.value, path: [...path] },
        });
      }
      for (const key of lists) {
        if (ctx.value[key] === undefined || Array.isArray(ctx.value[key])) continue;
        ctx.issues.push({ code: "custom", message: "must be a list", input: ctx.value, path: [key] });
      }
    })
    .default({});

const text = z.record(z.string(), z.string());
const texts = text
  .check((ctx) => {
    for (const [path, why] of wrongMetadata(ctx.value)) {
      ctx.issues.push({
        ...{ code: "custom", message: `may not be set: ${why}` },
        ...{ input: ctx.value, path: [...path] },
      });
    }
  })
  .default({});

/**
 * Further keys of a service's pods, added to those that the program writes; the placement rule judges the whole.
 * @example `{ spec: { priorityClassName: low }, container: { env: [{ name: TZ, value: Europe/Berlin }] } }`
 * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodSpec
 */
export const podKeys = strict({
  labels: texts.describe("further labels of its pods"),
  annotations: texts.describe("further annotations of its pods"),
  spec: keysBut(wrongSpec, ["volumes"]).describe(
    "further keys of its pods' spec, such as `priorityClassName` or `volumes`; those that would break a promise are refused",
  ),
  container: keysBut(wrongContainer, ["env", "volumeMounts"]).describe(
    "further keys of its program's container, such as `env`, `volumeMounts` or `resources.limits`; those that would break a promise are refused",
  ),
}).prefault({});

export type PodKeys = z.output<typeof podKeys>;
