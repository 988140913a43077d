/** Kubernetes resources: each document goes to the reader of its kind. */
import type { Workload } from "../../../engine/facts";
import { ephemeralFrom } from "../../ephemeral";
import { at, fields, list, record, records, text, textMap, texts } from "../../values";
import type { Values } from "../../values";
import { origin } from "../context";
import type { FileContext } from "../context";
import { claimSpec, persistentVolume } from "./claims";
import { readCustomResource } from "./custom";
import { isHelm, readHelm } from "./helm";
import { isKustomization, readKustomization } from "./kustomize";
import { groupOf, namespaceOf, resourceName } from "./names";
import { placementOf } from "./placement";
import { readPodSpec } from "./pods";

/** Groups of the API server itself: their kinds hold no data unless read below. */
const coreGroups =
  /^(|apps|batch|autoscaling|policy|extensions|(admissionregistration|apiextensions|apiregistration|authentication|authorization|certificates|coordination|discovery|events|flowcontrol\.apiserver|internal\.apiserver|metrics|networking|node|rbac\.authorization|resource|scheduling|snapshot\.storage|storage|storagemigration|gateway\.networking|policy\.networking|kubelet\.config|kubeproxy\.config|kubescheduler\.config|apiserver\.config|kubeadm|audit)\.k8s\.io)$/;

/** Groups whose resources speak of storage without holding any: policies, machines, node templates, tests. */
const talkingGroups =
  /(^|\.)(kyverno\.io|gatekeeper\.sh|cluster\.x-k8s\.io|karpenter\.(sh|k8s\.aws|azure\.com)|kind\.x-k8s\.io|k3d\.io|kuttl\.dev|crossplane\.io|monitoring\.grafana\.com|kubewarden\.io|external-secrets\.io|velero\.io|cert-manager\.io|source\.toolkit\.fluxcd\.io|kubevela\.io|backstage\.io|cnrm\.cloud\.google\.com|services\.k8s\.aws|upbound\.io|aws\.amazon\.com)$/;

/** Where kinds of the API server keep their pod template. */
const templates: Readonly<Record<string, readonly string[]>> = {
  Deployment: ["spec", "template"],
  ReplicaSet: ["spec", "template"],
  ReplicationController: ["spec", "template"],
  StatefulSet: ["spec", "template"],
  DaemonSet: ["spec", "template"],
  Job: ["spec", "template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
  PodTemplate: ["template"],
  DeploymentConfig: ["spec", "template"],
  Pod: [],
};

/** Reads one resource, or a list of them, into the facts. */
export function readKubernetes(resource: Values, context: FileContext): void {
  // A patch that takes a resource away puts nothing in place.
  if (resource.$patch === "delete") return;
  const kind = text(resource.kind) ?? "";
  const group = groupOf(resource);
  if (kind.endsWith("List") && Array.isArray(resource.items)) {
    readItems(resource.items, context, kind);
    return;
  }
  if (kind === "Template" && Array.isArray(resource.objects)) {
    readItems(resource.objects, context, kind);
    return;
  }
  if (isKustomization(resource)) {
    readKustomization(resource, { ...context, readObject: readKubernetes });
    return;
  }
  if (isHelm(resource)) {
    readHelm(resource, { ...context, readObject: readKubernetes });
    return;
  }
  const path = templates[kind];
  if (path !== undefined && (coreGroups.test(group) || group === "apps.openshift.io")) {
    context.facts.workloads.push(workload(resource, path, context));
    return;
  }
  if (coreGroups.test(group)) {
    readCore(resource, kind, context);
    return;
  }
  if (kind === "CustomResourceDefinition" || talkingGroups.test(group)) return;
  readCustomResource(resource, group, context);
}

function readItems(items: readonly unknown[], context: FileContext, listKind: string): void {
  for (const item of list(items)) {
    const resource = record(item);
    if (resource === undefined) continue;
    // Items of a typed list may leave their kind to the list.
    const kind = text(resource.kind) ?? listKind.replace(/List$/, "");
    const apiVersion = text(resource.apiVersion) ?? "v1";
    readKubernetes({ ...resource, kind, apiVersion }, context);
  }
}

function workload(resource: Values, path: readonly string[], context: FileContext): Workload {
  const template = fields(at(resource, ...path));
  const spec =
    resource.kind === "DeploymentConfig" ? triggered(resource, fields(template.spec)) : fields(template.spec);
  const metadata = fields(template.metadata);
  const ephemeral = ephemeralFrom(metadata.annotations, metadata.labels);
  return {
    origin: origin(context, resourceName(resource)),
    engine: "kubernetes",
    ...namespaceOf(resource),
    placement: placementOf(spec),
    ...readPodSpec(spec, records(at(resource, "spec", "volumeClaimTemplates"))),
    ...(ephemeral === undefined ? {} : { ephemeral }),
  };
}

/** A pod spec whose empty images are those that the triggers of its DeploymentConfig will put there. */
function triggered(resource: Values, spec: Values): Values {
  const changes = records(at(resource, "spec", "triggers")).map((trigger) =>
    fields(trigger.imageChangeParams),
  );
  const containers = records(spec.containers).map((container) => {
    if ((text(container.image) ?? "").trim() !== "") return container;
    const name = text(container.name);
    const change = changes.find((one) => texts(one.containerNames).some((other) => other === name));
    const image = text(at(change, "from", "name"));
    return image === undefined ? container : { ...container, image };
  });
  return { ...spec, containers };
}

function readCore(resource: Values, kind: string, context: FileContext): void {
  const metadata = fields(resource.metadata);
  const name = text(metadata.name) ?? "";
  const from = origin(context, resourceName(resource));
  const { facts } = context;
  switch (kind) {
    case "PersistentVolumeClaim":
      facts.claims.push({
        origin: from,
        name,
        ...namespaceOf(resource),
        spec: claimSpec(fields(resource.spec), metadata),
      });
      return;
    case "PersistentVolume":
      facts.persistentVolumes.push({ origin: from, ...persistentVolume(resource) });
      return;
    case "StorageClass":
      facts.storageClasses.push({ origin: from, name, provisioner: text(resource.provisioner) ?? "" });
      return;
    case "ConfigMap":
    case "Secret":
      facts.configTexts.push({
        origin: from,
        kind,
        name,
        ...namespaceOf(resource),
        data: { ...textMap(resource.data), ...textMap(resource.stringData) },
      });
      return;
  }
}
