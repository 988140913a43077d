/** What is a compose file, of any version. */
import { record } from "../../values";
import type { Values } from "../../values";
import { baseName } from "../context";

const composeName = /(^|[._-])(compose|stack|swarm)([._-]|$)/i;

/** Keys of documents that have services and are none of compose: pipelines, charts, compose's own schema. */
const foreign = ["steps", "jobs", "pipeline", "stages", "apiVersion", "definitions", "$defs"];

/** All keys that a compose file may have, beside its extensions. */
const own = /^(version|name|services|volumes|networks|configs|secrets|include|models|x-.*)$/;

/** The services of a compose file, or undefined where the document is none. */
export function servicesOf(document: Values, path: string): Values | undefined {
  if (foreign.some((key) => document[key] !== undefined)) return undefined;
  if (/^values.*\.ya?ml$/i.test(baseName(path))) return undefined;
  const services = record(document.services);
  if (services !== undefined) {
    const looksLike =
      composeName.test(baseName(path)) ||
      Object.values(services).some((service) => isService(service)) ||
      Object.keys(document).every((key) => own.test(key));
    return looksLike ? services : undefined;
  }
  const isInclude = Array.isArray(document.include) || typeof document.include === "string";
  if (isInclude && Object.keys(document).every((key) => own.test(key))) return {};
  if (!/compose|^fig\./i.test(baseName(path))) return undefined;
  // Version 1 has its services at the top.
  const entries = Object.entries(document).filter(([, value]) => isService(value));
  if (entries.length > 0) return Object.fromEntries(entries);
  // A file of a project may hold its volumes alone.
  return document.volumes !== undefined && Object.keys(document).every((key) => own.test(key))
    ? {}
    : undefined;
}

function isService(value: unknown): boolean {
  const service = record(value);
  return (
    service !== undefined &&
    ["image", "build", "volumes", "extends", "tmpfs", "volumes_from"].some(
      (key) => service[key] !== undefined,
    )
  );
}

export function isCompose(document: unknown, path: string): boolean {
  const file = record(document);
  return file !== undefined && servicesOf(file, path) !== undefined;
}
