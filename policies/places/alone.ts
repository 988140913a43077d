/** The fixtures that one object can say alone: one manifest, one unit or compose service, one command. */
import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import { fixtures } from "../fixtures";
import type { Fixture } from "../fixtures";
import { isKubernetes } from "../readers/files/kubernetes/names";
import { isCompose } from "../readers/files/compose/compose";
import { quadletKind } from "../readers/files/quadlet/unit";
import { parseYaml } from "../readers/files/yaml";
import { at, record, records, text } from "../readers/values";
import type { Values } from "../readers/values";

interface Own {
  readonly name: string;
  readonly fixture: Fixture;
  readonly path: string;
  /** The file, or of several objects this one. */
  readonly text: string;
}

/** An object of a cluster. */
export interface AloneObject extends Own {
  readonly form: "object";
  readonly value: Values;
}

/** A file for a container engine or systemd. */
export interface AloneFile extends Own {
  readonly form: "file";
}

/** A resource that runs a command or puts a file on a node. */
export interface AloneCommand extends Own {
  readonly form: "command";
  readonly value: Values;
}

export type Alone = AloneObject | AloneFile | AloneCommand;

/** Those fixtures, in their order. */
export function alone(): readonly Alone[] {
  return fixtures().flatMap((fixture) => {
    const [path, ...others] = fixture.paths;
    if (path === undefined || others.length > 0) return [];
    const own = { name: fixture.name, fixture, path, text: readFileSync(path, "utf8") };
    if (quadletKind(path) !== undefined || path.endsWith(".service")) return [{ ...own, form: "file" }];
    return /\.(ya?ml|json)$/.test(path) ? inYaml(own) : [];
  });
}

function inYaml(own: Own): readonly Alone[] {
  const parsed = parseYaml(own.text);
  if ("error" in parsed) return [{ ...own, form: "file" }];
  if (own.fixture.each) {
    return parsed.documents.filter(isKubernetes).map((value) => {
      const name = `${own.name} ${text(value.kind) ?? ""} ${text(at(value, "metadata", "name")) ?? ""}`;
      return { ...own, name, text: stringify(value), form: "object", value };
    });
  }
  const [first, ...others] = parsed.documents;
  const value = record(first);
  if (value === undefined || others.length > 0) return [];
  if (own.name.startsWith("remote-setup/")) {
    const [resource, ...more] = records(value.resources);
    return resource === undefined || more.length > 0 ? [] : [{ ...own, form: "command", value: resource }];
  }
  if (isKubernetes(value)) return isMany(value) ? [] : [{ ...own, form: "object", value }];
  const services = Object.keys(record(at(value, "services")) ?? {});
  return isCompose(value, own.path) && services.length === 1 ? [{ ...own, form: "file" }] : [];
}

/** Lists and templates hold objects; the cluster keeps those and not the list. */
function isMany(value: Values): boolean {
  return Array.isArray(value.items) || Array.isArray(value.objects);
}
