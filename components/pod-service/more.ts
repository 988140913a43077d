import type { core } from "@pulumi/kubernetes/types/input";
import type { PodKeys } from "../../services";

type Named = Readonly<Record<string, unknown>>;

/** A list of ours with what the stack file adds: none of it takes the place of one of ours. */
const added = (ours: unknown, more: unknown): Named[] => [
  ...(ours as readonly Named[]),
  ...((more ?? []) as readonly Named[]),
];

/** A pod with the further keys of the stack file, which its schema has judged already. */
export function withMore(spec: core.v1.PodSpec, { more }: { readonly more?: PodKeys }): core.v1.PodSpec {
  if (more === undefined) return spec;
  const [first, ...others] = spec.containers as unknown as Named[];
  const { volumes, securityContext, ...ofSpec } = more.spec;
  const { env, volumeMounts, resources, securityContext: own, ...ofContainer } = more.container;
  const limits = (resources as Named | undefined)?.limits as Named | undefined;
  const ours = first?.resources as Named | undefined;
  const container = {
    ...first,
    ...ofContainer,
    env: added(first?.env, env),
    volumeMounts: added(first?.volumeMounts, volumeMounts),
    resources: {
      ...ours,
      ...(resources as Named | undefined),
      ...(limits === undefined ? {} : { limits: { ...limits, ...(ours?.limits as Named | undefined) } }),
    },
    securityContext: { ...(first?.securityContext as Named), ...(own as Named | undefined) },
  };
  return {
    ...spec,
    ...ofSpec,
    containers: [container, ...others],
    volumes: added(spec.volumes, volumes),
    securityContext: {
      ...(spec.securityContext as unknown as Named),
      ...(securityContext as Named | undefined),
    },
  } as unknown as core.v1.PodSpec;
}
