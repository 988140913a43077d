import * as pulumi from "@pulumi/pulumi";
import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment";
import { Secret } from "@pulumi/kubernetes/core/v1/secret";
import type { ComputeSettings } from "../../services";
import type { Node } from "../../topology";
import type { deployment } from "./pod";
import { fingerprint } from "./secrets";

/** What every part of a ComputeNode is declared with. */
export interface Declare {
  readonly name: string;
  readonly node: Node;
  readonly settings: ComputeSettings;
  readonly options: (...needs: pulumi.Resource[]) => pulumi.CustomResourceOptions;
  readonly metadata: (own: string) => { name: string; namespace: string };
}

export interface Credentials {
  readonly object: Secret;
  /** Another one when a value is another. */
  readonly fingerprint: pulumi.Output<string>;
}

export function credentials(
  name: string,
  own: string,
  given: {
    values: pulumi.Output<Record<string, string>>;
    metadata: Declare["metadata"];
    options: pulumi.CustomResourceOptions;
  },
): Credentials {
  const object = new Secret(name, { metadata: given.metadata(own), stringData: given.values }, given.options);
  return { object, fingerprint: pulumi.unsecret(given.values.apply(fingerprint)) };
}

/** A Deployment whose pod is made anew when its secret changes: variables are read at the start only. */
export function restarting(
  name: string,
  { metadata, spec }: ReturnType<typeof deployment>,
  secret: Credentials,
  options: pulumi.CustomResourceOptions,
): Deployment {
  const { template } = spec;
  const annotations = { ...template.metadata.annotations, "homelab.dev/secret": secret.fingerprint };
  return new Deployment(
    name,
    {
      metadata,
      spec: { ...spec, template: { ...template, metadata: { ...template.metadata, annotations } } },
    },
    options,
  );
}
