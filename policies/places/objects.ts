/** A manifest as an API server takes it: fixtures leave out what the rule does not look at. */
import { at, fields, record, text } from "../readers/values";
import type { Values } from "../readers/values";

/** Collections of the kinds that a bare cluster keeps and the admission policies look at. */
const collections: Readonly<Record<string, string>> = {
  "v1 Pod": "/api/v1/namespaces/default/pods",
  "v1 ReplicationController": "/api/v1/namespaces/default/replicationcontrollers",
  "v1 PodTemplate": "/api/v1/namespaces/default/podtemplates",
  "apps/v1 Deployment": "/apis/apps/v1/namespaces/default/deployments",
  "apps/v1 StatefulSet": "/apis/apps/v1/namespaces/default/statefulsets",
  "apps/v1 DaemonSet": "/apis/apps/v1/namespaces/default/daemonsets",
  "apps/v1 ReplicaSet": "/apis/apps/v1/namespaces/default/replicasets",
  "batch/v1 Job": "/apis/batch/v1/namespaces/default/jobs",
  "batch/v1 CronJob": "/apis/batch/v1/namespaces/default/cronjobs",
  "v1 PersistentVolumeClaim": "/api/v1/namespaces/default/persistentvolumeclaims",
  "v1 PersistentVolume": "/api/v1/persistentvolumes",
};

/** Where an object of a kind is made; undefined for kinds that an operator would have to bring. */
export function collectionOf(object: Values): string | undefined {
  return collections[`${text(object.apiVersion) ?? ""} ${text(object.kind) ?? ""}`];
}

/** The object with what the API server insists on. What stands in it stays as it is. */
export function completed(object: Values): Values {
  const kind = text(object.kind) ?? "";
  const metadata = { name: "object", ...fields(object.metadata) };
  if (kind === "PersistentVolume") {
    const spec = { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], ...fields(object.spec) };
    return { ...object, metadata, spec };
  }
  const own = { ...object, metadata: { ...metadata, namespace: "default" } };
  const spec = fields(object.spec);
  switch (kind) {
    case "PersistentVolumeClaim":
      return { ...own, spec: completedClaim(spec) };
    case "Pod":
      return { ...own, spec: completedPod(spec) };
    case "PodTemplate":
      return { ...own, template: completedTemplate(object.template, false) };
    case "CronJob": {
      const job = fields(at(spec, "jobTemplate", "spec"));
      const jobTemplate = { ...fields(spec.jobTemplate), spec: completedJob(job) };
      return { ...own, spec: { schedule: "0 3 * * *", ...spec, jobTemplate } };
    }
    case "Job":
      return { ...own, spec: completedJob(spec) };
    default: {
      const selector = kind === "ReplicationController" ? label : { matchLabels: label };
      const claims = Array.isArray(spec.volumeClaimTemplates)
        ? {
            volumeClaimTemplates: spec.volumeClaimTemplates.map((one: unknown) => ({
              ...fields(one),
              spec: completedClaim(fields(at(one, "spec"))),
            })),
          }
        : {};
      const template = completedTemplate(spec.template, true);
      return { ...own, spec: { ...spec, ...claims, selector, template } };
    }
  }
}

const label = { fixture: "one" };

function completedTemplate(template: unknown, isSelected: boolean): Values {
  const metadata = fields(at(template, "metadata"));
  const labels = { ...fields(metadata.labels), ...(isSelected ? label : {}) };
  return {
    ...fields(template),
    metadata: { ...metadata, labels },
    spec: completedPod(fields(at(template, "spec"))),
  };
}

function completedJob(spec: Values): Values {
  const template = completedTemplate(spec.template, false);
  return { ...spec, template: { ...template, spec: { restartPolicy: "Never", ...fields(template.spec) } } };
}

function completedPod(spec: Values): Values {
  return Array.isArray(spec.containers) && spec.containers.length > 0
    ? spec
    : { ...spec, containers: [{ name: "pause", image: "registry.k8s.io/pause:3.10" }] };
}

function completedClaim(spec: Values): Values {
  const resources = record(spec.resources) ?? { requests: { storage: "1Gi" } };
  return { accessModes: ["ReadWriteOnce"], ...spec, resources };
}
