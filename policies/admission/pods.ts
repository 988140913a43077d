/** Pods and what makes them: hostPath, claim templates, inline drivers, databases without a volume. */
import { localProvisioner, networkDriver } from "../engine/tables/drivers";
import { servers } from "../engine/tables/servers";
import { common } from "../engine/tables/server-words";
import type { Topology } from "../engine/topology";
import { handingDriver } from "../readers/files/kubernetes/volumes";
import { classIsOffNode, lands, list, pattern, plumbing, quoted } from "./cel";
import { covers, isDeclared } from "./ephemeral";
import type { Policy } from "./objects";

export const podKinds = [
  {
    apiGroups: [""],
    resources: ["pods", "pods/ephemeralcontainers", "replicationcontrollers", "podtemplates"],
  },
  { apiGroups: ["apps"], resources: ["deployments", "statefulsets", "daemonsets", "replicasets"] },
  { apiGroups: ["batch"], resources: ["jobs", "cronjobs"] },
];

/** Where each kind keeps its pod template; a Pod is its own. */
export const template =
  '(object.kind == "Pod" ? object : object.kind == "PodTemplate" ? object.template : object.kind == "CronJob" ? object.spec.jobTemplate.spec.template : object.spec.template)';

const mounts = "(c.?volumeMounts.orValue([]))";
const writes = `variables.containers.exists(c, ${mounts}.exists(m, m.name == v.name && !m.?readOnly.orValue(false)))`;
const target = `variables.containers.exists(c, ${mounts}.exists(m, m.name == v.name && m.mountPath == n.trim()))`;
const exempt = `(variables.declared && (${covers("variables.template", ["v.name"])} || variables.narrowed.exists(n, ${target})))`;

export function podPolicy(topology: Topology): Policy {
  const volumes = (isBad: string): string => `variables.volumes.filter(v, ${isBad} && !${exempt})`;
  return {
    name: "homelab-placement-pods",
    resourceRules: podKinds,
    variables: {
      template,
      spec: "variables.template.spec",
      lands: lands("variables.spec", topology),
      declared: isDeclared("variables.template"),
      narrowed:
        '(variables.template.?metadata.?annotations[?"homelab.dev/ephemeral-volumes"].orValue(variables.template.?metadata.?labels[?"homelab.dev/ephemeral-volumes"].orValue(""))).split(",")',
      volumes: "variables.spec.?volumes.orValue([])",
      containers:
        "variables.spec.?containers.orValue([]) + variables.spec.?initContainers.orValue([]) + variables.spec.?ephemeralContainers.orValue([])",
      hostPaths: volumes(`has(v.hostPath) && !${plumbing("v.hostPath")} && ${writes}`),
      drivers: volumes(isUnknownDriver(topology)),
      templates: `object.kind == "StatefulSet" ? object.spec.?volumeClaimTemplates.orValue([]).filter(v, !${classIsOffNode("v", topology.networkClasses)} && !(variables.declared && ${covers("variables.template", ["v.metadata.name"])})) : []`,
      servers: `variables.spec.?containers.orValue([]).filter(c, ${isBareServer()} && !(variables.declared && ${covers("variables.template", ["c.name"])}))`,
    },
    validations: [
      said(
        "hostPaths",
        "writable-host-path",
        "v.hostPath.path",
        "is a writable hostPath: mount it readOnly, use an emptyDir or a claim of a network class",
      ),
      said(
        "templates",
        "node-local-claim",
        "v.metadata.name",
        "is a claim whose class is not known to be off the node: name one of the topology's network classes",
      ),
      said(
        "drivers",
        "writable-host-path",
        "v.name",
        "is a volume of a driver that is not known to keep data off the node",
      ),
      said(
        "servers",
        "database-without-volume",
        "v.name",
        "runs a database without a volume: use one on an always-on node, or give its data directory an emptyDir",
      ),
    ],
  };
}

function said(variable: string, rule: string, shown: string, what: string): Policy["validations"][number] {
  return {
    expression: `!variables.lands || variables.${variable}.size() == 0`,
    messageExpression: `${quoted(`${rule}: `)} + variables.${variable}.map(v, ${shown}).join(", ") + ${quoted(` ${what}, run it on an always-on node, or say with homelab.dev/ephemeral on the pod template why losing it costs nothing.`)}`,
  };
}

/** Drivers of inline volumes that are neither known network storage nor hand secrets to a pod. */
function isUnknownDriver({ networkClasses }: Topology): string {
  const known = (driver: string): string =>
    `((${driver}.matches(${pattern(networkDriver)}) && !${driver}.matches(${pattern(localProvisioner)})) || ${driver} in ${list(networkClasses)} || ${driver}.matches(${pattern(handingDriver)}))`;
  return `(has(v.csi) ? !${known("v.csi.driver")} : has(v.flexVolume) ? !(v.flexVolume.driver.matches("(?i)(cifs|smb|nfs|ceph|rbd|iscsi)") || ${known("v.flexVolume.driver")}) : has(v.portworxVolume) || has(v.storageos) || has(v.flocker))`;
}

/** Images named like a server, told nothing else to run, with no volume at the data directory of that server. */
function isBareServer(): string {
  const plain = servers
    .filter((one) => one.onlyWith === undefined && one.exceptWith === undefined)
    // What is no word for a server alone, the checker knows by who made the image.
    .map(({ words, dataDirs }) => ({ words: words.filter((word) => !common.test(word)), dataDirs }))
    .filter(({ words }) => words.length > 0);
  const named = (words: readonly string[]): string => `^([^@]*/)?(${words.join("|")})(:[^/@]*)?(@.*)?$`;
  const untold = '(!has(c.command) && (!has(c.args) || c.args.size() == 0 || c.args[0].startsWith("-")))';
  const isConfig =
    "variables.volumes.exists(v, v.name == m.name && (has(v.configMap) || has(v.secret) || has(v.projected) || has(v.downwardAPI)))";
  // Each server by the pattern of its names, followed by its directories, of which none looks like a pattern.
  const table = `[${plain.map(({ words, dataDirs }) => list([named(words), ...dataDirs])).join(", ")}]`;
  const given = `${mounts}.exists(m, !m.?readOnly.orValue(false) && !${isConfig} && (s.exists(d, m.mountPath == d || m.mountPath.startsWith(d + "/") || d.startsWith(m.mountPath.endsWith("/") ? m.mountPath : m.mountPath + "/")) || c.?env.orValue([]).exists(e, e.?value.orValue("").contains(m.mountPath)) || c.?args.orValue([]).exists(a, a.contains(m.mountPath))))`;
  const any = quoted(named(plain.flatMap(({ words }) => words)));
  return `(c.image.matches(${any}) && ${untold} && ${table}.exists(s, c.image.matches(s[0]) && !${given}))`;
}
