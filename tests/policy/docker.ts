import * as pulumi from "@pulumi/pulumi";

/**
 * Docker's resources as far as the scenarios have them. Its own package is no dependency: the official language host asks
 * for the plugin of every package below node_modules that has one, on every fresh machine.
 */
export const dockerVersion = "5.2.0";

const ofVersion = (opts?: pulumi.CustomResourceOptions) =>
  pulumi.mergeOptions(opts, { version: dockerVersion });

export class Provider extends pulumi.ProviderResource {
  constructor(name: string, args: { host: string }, opts?: pulumi.ResourceOptions) {
    super("docker", name, { ...args }, ofVersion(opts));
  }
}

export interface ContainerArgs {
  readonly image: string;
  readonly volumes?: readonly {
    readonly hostPath?: pulumi.Input<string>;
    readonly volumeName?: pulumi.Input<string>;
    readonly containerPath: string;
  }[];
  readonly mounts?: readonly { readonly type: string; readonly source: string; readonly target: string }[];
  readonly labels?: readonly { readonly label: string; readonly value: string }[];
}

export class Container extends pulumi.CustomResource {
  constructor(name: string, args: ContainerArgs, opts?: pulumi.CustomResourceOptions) {
    super("docker:index/container:Container", name, { ...args }, ofVersion(opts));
  }
}

export class Volume extends pulumi.CustomResource {
  constructor(name: string, args: { name: string }, opts?: pulumi.CustomResourceOptions) {
    super("docker:index/volume:Volume", name, { ...args }, ofVersion(opts));
  }
}
