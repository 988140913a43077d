/** Pulumi resources to facts: each type goes to the reader of its provider. */
import { readCommand } from "./command";
import { readDocker } from "./docker";
import { readHomelab } from "./homelab";
import { readKubernetesResource } from "./kubernetes";
import type { PulumiResource, ReadContext } from "./resource";

export { plain, isPlain, marked } from "./plain";
export { notYet, type PulumiResource, type ReadContext } from "./resource";

/**
 * Adds what a resource says to the facts. Types of providers not named here keep nothing on a node.
 *
 * @throws nothing: what cannot be made out is a fact too
 */
export function readResource(resource: PulumiResource, context: ReadContext): void {
  switch (resource.type.slice(0, resource.type.indexOf(":"))) {
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
  }
}

/** True for resources that a reader looks at. */
export function isRead(type: string): boolean {
  return /^(kubernetes|docker|command|homelab):/.test(type);
}
