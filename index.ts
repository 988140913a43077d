import * as pulumi from "@pulumi/pulumi";
import { compute } from "./nodes/compute";
import { desktop } from "./nodes/desktop";
import { runStack, unknownStack } from "./nodes/run-stack";
import { storage } from "./nodes/storage";

/**
 * One stack a node: `pulumi up --stack storage` sets up storage, and so on. What runs where stands in nodes/.
 *
 *   storage  always on   PostgreSQL and the object store: all data of the house
 *   desktop  always on   the main machine
 *   compute  on demand   may be off or rebuilt at any time, so it keeps nothing
 */
export = async (): Promise<pulumi.Inputs> => {
  const stack = pulumi.getStack();
  switch (stack) {
    case "storage":
      return runStack(stack, storage);
    case "desktop":
      return runStack(stack, desktop);
    case "compute":
      return runStack(stack, compute);
    default:
      throw unknownStack(stack);
  }
};
