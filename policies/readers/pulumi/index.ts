/** Pulumi resources to facts: each type goes to the reader of its provider. */
import { readCommand } from "./command";
import { readDocker } from "./docker";
import { readHomelab } from "./homelab";
import { readKubernetesResource } from "./kubernetes";
import type { PulumiResource, ReadContext } from "./resource";
import { isElsewhere, packageOf, readOther } from "./types/others";

export { readCommand } from "./command";
export { packageOf } from "./types/others";
export { serverFields } from "./types/tables";
export { plain, isPlain, marked } from "./plain";
export { notYet, type PulumiResource, type ReadContext } from "./resource";

/**
 * Adds what a resource says to the facts.
 *
 * @throws nothing: what cannot be made out is a fact too
 */
export function readResource(resource: PulumiResource, context: ReadContext): void {
  switch (packageOf(resource.type)) {
    case "kubernetes": {
      readKubernetesResource(resource, context);
      return;
    }
    case "docker": {
      readDocker(resource, context);
      return;
    }
    case "command": {
      readCommand(resource, context);
      return;
    }
    case "homelab": {
      readHomelab(resource, context);
      return;
    }
    default:
      if (!isElsewhere(resource.type)) readOther(resource, context);
  }
}

/** True for resources that a reader looks at: all but those that are known to be nowhere on a node. */
export function isRead(type: string): boolean {
  return !isElsewhere(type);
}
