import * as pulumi from "@pulumi/pulumi";

/**
 * Options for a component's child: what the caller gave the component and Pulumi does not hand down by itself
 * (dependsOn, deletedWith, retainOnDelete), then what the child needs. Providers and protection go from parent to child anyway.
 */
export function childOptions(
  parent: pulumi.ComponentResource,
  given: pulumi.ComponentResourceOptions | undefined,
  own: pulumi.CustomResourceOptions = {},
): pulumi.CustomResourceOptions {
  return pulumi.mergeOptions(
    {
      parent,
      ...(given?.dependsOn === undefined ? {} : { dependsOn: given.dependsOn }),
      ...(given?.deletedWith === undefined ? {} : { deletedWith: given.deletedWith }),
      ...(given?.retainOnDelete === undefined ? {} : { retainOnDelete: given.retainOnDelete }),
    },
    own,
  );
}
