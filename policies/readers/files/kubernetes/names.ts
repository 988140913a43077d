/** What Kubernetes resources are called in messages and references. */
import { at, fields, text } from "../../values";
import type { Values } from "../../values";
import { hasVariable } from "../../variables";

/** "Deployment shop/web" */
export function resourceName(resource: Values): string {
  const metadata = fields(resource.metadata);
  const name = text(metadata.name) ?? text(metadata.generateName) ?? "(without a name)";
  const namespace = text(metadata.namespace);
  return `${text(resource.kind) ?? ""} ${namespace === undefined ? "" : `${namespace}/`}${name}`.trim();
}

/** The namespace as a part of a fact; left out where it is not stated or not known. */
export function namespaceOf(resource: Values): { namespace: string } | Record<string, never> {
  const namespace = text(at(resource, "metadata", "namespace"));
  return namespace === undefined || hasVariable(namespace) ? {} : { namespace };
}

/** The API group: "apps" of "apps/v1", "" of "v1". */
export function groupOf(resource: Values): string {
  const apiVersion = text(resource.apiVersion) ?? "";
  return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
}

/** True for a document that says it is a Kubernetes resource. */
export function isKubernetes(value: unknown): value is Values {
  return text(at(value, "kind")) !== undefined && text(at(value, "apiVersion")) !== undefined;
}
