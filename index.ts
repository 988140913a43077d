import * as pulumi from "@pulumi/pulumi";
import { enter } from "./nodes/house";
import { compute } from "./nodes/compute";
import { desktop } from "./nodes/desktop";
import { storage } from "./nodes/storage";

/**
 * One stack a node: `pulumi up --stack storage` sets up storage, and so on. What runs where stands in nodes/.
 *
 *   storage  always on   PostgreSQL, MinIO: all data of the house
 *   desktop  always on   the main machine
 *   compute  on demand   may be off or rebuilt at any time, so it keeps nothing
 */
const nodes = { storage, desktop, compute };

export = async (): Promise<pulumi.Inputs> => {
  const house = await enter(pulumi.getStack());
  return nodes[house.node.name](house);
};
