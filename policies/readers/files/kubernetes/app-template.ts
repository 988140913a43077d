/** The app-template chart of bjw-s, in which most home clusters write their workloads. */
import type { Container, Mount, OperatorStorage, ScheduledPlacement, Workload } from "../../../engine/facts";
import { ephemeralFrom } from "../../ephemeral";
import { at, fields, list, record, records, text, texts } from "../../values";
import type { Values } from "../../values";

/** The containers in its values, for the rules that look at images. */
export function controllers(
  values: Values,
  base: Pick<OperatorStorage, "origin" | "ephemeral">,
  placement: ScheduledPlacement,
): readonly Workload[] {
  const mounts: (readonly [string, boolean])[] = Object.entries(fields(values.persistence)).flatMap(
    ([name, entry]) => mountTargets(name, entry),
  );
  return Object.entries(fields(values.controllers)).flatMap(([controller, value]) => {
    if (at(value, "enabled") === false) return [];
    const containers = Object.entries(fields(at(value, "containers"))).flatMap(([name, item]) =>
      container(name, item),
    );
    if (containers.length === 0) return [];
    const volumes = mounts.map(([target, readOnly]) => ({
      name: target,
      source: { kind: "ephemeral", as: "judged by the values" } as const,
      mounts: containers.map(({ name }): Mount => ({ container: name, target, readOnly })),
      mountsKnown: true,
    }));
    const declared =
      ephemeralFrom(at(value, "pod", "annotations"), at(value, "pod", "labels")) ?? base.ephemeral;
    return [
      {
        origin: { ...base.origin, resource: `${base.origin.resource} (controller ${controller})` },
        engine: "kubernetes" as const,
        placement,
        volumes,
        containers,
        ...(declared === undefined ? {} : { ephemeral: declared }),
      },
    ];
  });
}

function mountTargets(name: string, entry: unknown): (readonly [string, boolean])[] {
  if (at(entry, "enabled") === false || ["configMap", "secret"].includes(text(at(entry, "type")) ?? ""))
    return [];
  const paths = pathsIn(at(entry, "globalMounts")).concat(pathsIn(at(entry, "advancedMounts")));
  const old = text(at(entry, "mountPath"));
  const all = old === undefined ? paths : [...paths, old];
  return (all.length === 0 ? [`/${name}`] : all).map((path) => [path, false] as const);
}

function pathsIn(value: unknown): string[] {
  if (Array.isArray(value)) return list(value).flatMap((item) => pathsIn(item));
  const node = record(value);
  if (node === undefined) return [];
  const path = text(node.path);
  return path === undefined ? Object.values(node).flatMap((item) => pathsIn(item)) : [path];
}

function container(name: string, value: unknown): Container[] {
  const repository = text(at(value, "image", "repository")) ?? text(at(value, "image"));
  if (repository === undefined) return [];
  const entrypoint = texts(at(value, "command"));
  const args = texts(at(value, "args"));
  return [
    {
      name,
      image: repository,
      role: "main",
      ...(entrypoint.length > 0 ? { entrypoint } : {}),
      ...(args.length > 0 ? { args } : {}),
      env: environment(at(value, "env")),
      envFrom: [],
    },
  ];
}

function environment(value: unknown): Container["env"] {
  if (Array.isArray(value)) {
    return Object.fromEntries(records(value).map((one) => [text(one.name) ?? "", text(one.value) ?? ""]));
  }
  return Object.fromEntries(
    Object.entries(fields(value)).map(([name, item]) => [
      name,
      text(item) ?? text(at(item, "value")) ?? { kind: "reference" as const, to: "value" },
    ]),
  );
}
